#include "bin/sallyport-audit/story.h"

#include <algorithm>

#include "base/text.h"
#include "bin/sallyport-audit/files.h"
#include "bin/sallyport-audit/printing.h"
#include "core/cases/assess.h"
#include "core/ledger/ledger_file.h"
#include "core/ledger/readjudicate.h"

namespace sallyport::audit {
namespace {

std::string listed(const auto& items, const auto& word_of) {
  std::string out;
  for (const auto& item : items) out += concat(out.empty() ? "" : ", ", word_of(item));
  return out.empty() ? "none" : out;
}

std::string quoted(std::string_view text) { return text.empty() ? std::string() : concat(": ", text); }

// The facts of one event, one line each, under the organization and the case as they were before it.
class Teller {
 public:
  Teller(const CaseState& before, const OrganizationState& organization, Instant at)
      : s_(before), org_(organization), at_(at) {}

  std::vector<std::string> operator()(const CaseOpened& e) const {
    const auto& r = e.requirement;
    std::vector<std::string> out{
        concat(to_string(e.action), " for account ", e.account.account.text(), " of ", e.account.directory.text(),
               ", class ", e.account_class.text()),
        concat("asked for by ", person(e.requested_by), " over ", e.channel, ", ticket ",
               e.ticket.empty() ? "none" : e.ticket),
        concat("needs ", r.signals, " independent signals",
               r.strong > 0 ? concat(", ", r.strong, " of them strong") : "",
               "; approvals: ", listed(r.approvers, constraint), "; hold ", to_string(r.hold_without_strong), ", ",
               to_string(r.hold_with_strong), " with a strong signal"),
        concat("under policy ", to_hex(e.policy)), concat("open until ", to_rfc3339(e.expires_at))};
    if (!r.include.empty()) out.push_back(concat("must include ", listed(r.include, text_of_id)));
    return out;
  }
  std::vector<std::string> operator()(const ClaimantJoined&) const { return {"a browser joined with the spoken code"}; }
  std::vector<std::string> operator()(const SignalRequested& e) const {
    return {concat(e.signal.text(), " number ", e.number, " was sent, good until ", to_rfc3339(e.expires_at))};
  }
  std::vector<std::string> operator()(const EvidenceRecorded& e) const {
    const auto& v = e.evidence;
    std::vector<std::string> out{
        concat("evidence ", v.number, ": ", v.signal.text(), " ", to_string(v.result), quoted(v.detail))};
    if (v.enrolled_at) out.push_back(concat("bound since ", to_rfc3339(*v.enrolled_at)));
    if (v.unchanged_since) out.push_back(concat("unchanged since ", to_rfc3339(*v.unchanged_since)));
    if (v.rests_on_account) out.push_back("rests on the account itself");
    if (v.attested_by) out.push_back(concat("on the word of ", person(*v.attested_by)));
    if (e.failed_elsewhere.value_or(0) > 0)
      out.push_back(concat("had failed ", *e.failed_elsewhere, " times in other cases of the account"));
    return out;
  }
  std::vector<std::string> operator()(const IdentityVerified& e) const {
    std::vector<std::string> out{concat("door one is shut", e.strong ? ", with a strong signal" : "", "; hold until ",
                                        to_rfc3339(e.hold_until), ", good until ", to_rfc3339(e.expires_at))};
    if (!org_.policy) return out;
    const auto judged = judge_identity(*org_.policy, s_.opened.requirement, s_.evidence, at_);
    for (const auto& verdict : judged.verdicts) {
      const bool counted = std::ranges::find(e.evidence, verdict.number) != e.evidence.end();
      const auto& signal = s_.evidence[verdict.number - 1].signal.text();  // verdicts number the evidence given
      out.push_back(concat("evidence ", verdict.number, " (", signal, ") ",
                           counted ? "counted" : concat("did not count: ", verdict.why)));
    }
    return out;
  }
  std::vector<std::string> operator()(const SecretSealed&) const {
    return {"the claimant chose a new password, sealed to the executor"};
  }
  std::vector<std::string> operator()(const ApprovalRecorded& e) const {
    return {concat("by ", person(e.by), ", signed with their passkey, about verification ", e.identity,
                   e.list ? concat(", in a list of ", e.list->size) : "")};
  }
  std::vector<std::string> operator()(const ActionPermitted& e) const {
    std::vector<std::string> out{
        concat("attempt ", e.attempt, ", until ", to_rfc3339(e.expires_at)),
        concat("approved by ", listed(e.approvers, [&](const StaffId& id) { return person(id); }))};
    for (const auto& reason : e.reasons) out.push_back(concat("because ", reason));
    return out;
  }
  std::vector<std::string> operator()(const IntentRecorded& e) const {
    return {concat("execution ", e.execution.text(), ": ", to_string(e.action), " on ", e.account.text(), " of ",
                   e.directory.text(), ", fence token ", e.fence_token,
                   e.lasts ? concat(", to end by itself after ", to_string(*e.lasts)) : "")};
  }
  std::vector<std::string> operator()(const OutcomeRecorded& e) const {
    return {concat(to_string(e.outcome),
                   e.refusal.empty() || e.refusal == "none" ? "" : concat(", the directory said ", e.refusal),
                   e.reconciled ? ", found out afterwards by reading" : "", quoted(e.detail))};
  }
  std::vector<std::string> operator()(const RefusalRecorded& e) const {
    return {concat(e.by, " was refused `", e.attempted, "`: ", to_string(e.code), quoted(e.detail))};
  }
  std::vector<std::string> operator()(const HolderObjected& e) const {
    return {concat("\"that was not me\", heard through ", e.through,
                   e.heard_by ? concat(" by ", person(*e.heard_by)) : "",
                   s_.intent || s_.closed ? "; it came after the executor had begun" : "")};
  }
  std::vector<std::string> operator()(const NoticeSent& e) const {
    return {concat("the holder was told by ", e.notice.way.text(),
                   e.notice.rests_on_account ? ", which whoever has the account can read" : "")};
  }
  std::vector<std::string> operator()(const CaseReviewed& e) const {
    return {concat(to_string(e.verdict), ", by ", person(e.by), ", signed with their passkey",
                   e.list ? concat(" in a list of ", e.list->size) : "",
                   e.ticket.empty() ? "" : concat("; followed up in ", e.ticket),
                   s_.review_due && at_ > *s_.review_due ? "; it was overdue" : "")};
  }
  std::vector<std::string> operator()(const CaseClosed& e) const {
    return {concat(to_string(e.result), ", by ", e.by, quoted(e.detail))};
  }

 private:
  static std::string text_of_id(const SignalName& name) { return name.text(); }
  static std::string constraint(const ApproverConstraint& c) {
    return concat(c.at_least, " ", c.role ? c.role->text() : "approver",
                  c.outside ? concat(" outside ", c.outside->text()) : "",
                  c.from ? concat(" from ", c.from->text()) : "");
  }
  std::string person(const StaffId& id) const {
    const auto* member = org_.member(id);
    if (member == nullptr) return concat(id.text(), " (not on the staff)");
    return concat(id.text(), " (", member->person.text(), ", ", member->team.text(), " of ",
                  member->organization.text(), ")");
  }

  const CaseState& s_;
  const OrganizationState& org_;
  Instant at_;
};

// Walks the ledger, keeping the organization and the one case.
class Story {
 public:
  explicit Story(const CaseId& id) : stream_(case_stream(id)), in_bytes_(concat("\"stream\":\"", stream_, "\"")) {
    state_.id = id;
  }

  void take(std::uint64_t index, std::string_view bytes) {
    // Canonical JSON has one spelling of the stream, so what is skipped here is another stream's.
    if (!bytes.contains(in_bytes_) && !bytes.contains(R"("stream":"organization")")) return;
    const auto entry = decode_entry(bytes);
    if (!entry) return;  // `verify` names it
    if (const auto* change = std::get_if<OrganizationEvent>(&entry->event)) return follow(index, *change, entry->at);
    const auto* event = std::get_if<CaseEvent>(&entry->event);
    if (event == nullptr || entry->stream != stream_) return;
    tell(index, *entry, *event);
  }
  void damaged(std::uint64_t index) {
    print(concat("entry ", index, " is damaged; whether it belongs to this case cannot be told\n"));
    wrong_ = true;
  }

  [[nodiscard]] bool told() const noexcept { return state_.exists(); }
  [[nodiscard]] bool wrong() const noexcept { return wrong_; }
  [[nodiscard]] std::string ending() const {
    return state_.closed ? concat("closed: ", to_string(state_.closed->result))
                         : concat("still open: ", to_string(phase_of(state_)));
  }

 private:
  void follow(std::uint64_t index, const OrganizationEvent& change, Instant at) {
    if (const auto ok = readjudicate(organization_, change, at); !ok) differs(index, ok.error());
  }

  void tell(std::uint64_t index, const LedgerEntry& entry, const CaseEvent& event) {
    print(concat(to_rfc3339(entry.at), "  ", kind_of(entry.event), "  (entry ", index, ")\n"));
    for (const auto& line : std::visit(Teller(state_, organization_, entry.at), event))
      print(concat("    ", printable_line(line), "\n"));
    if (entry.version != state_.version) {
      differs(index, {FaultKind::corrupt, concat("the case's entries are out of order: version ", entry.version,
                                                 ", expected ", state_.version)});
      return;
    }
    const auto ok = readjudicate(state_, event, entry.at, organization_);
    if (ok) return;
    differs(index, ok.error());
    if (!evolve(state_, event, std::max(entry.at, state_.last_at))) ++state_.version;  // go on with what there is
  }

  void differs(std::uint64_t index, const Fault& fault) {
    print(concat("    FOUND at entry ", index, ": ", printable_line(fault.what), "\n"));
    wrong_ = true;
  }

  std::string stream_;
  std::string in_bytes_;
  OrganizationState organization_;
  CaseState state_;
  bool wrong_ = false;
};

}  // namespace

Exit run(const StoryCommand& command) {
  const auto stop = [](std::string_view what, Exit status) {
    print_error(concat("sallyport-audit: ", printable(what), "\n"));
    return status;
  };
  const auto file = InputFile::open(command.file);
  if (!file) return stop(file.error().what, Exit::cannot_read);
  LedgerFileReader reader(file->source());
  Story story(command.id);
  while (!reader.done()) {
    const auto part = reader.next();
    if (!part) return stop(part.error().what, Exit::cannot_read);
    if (const auto* finding = std::get_if<Finding>(&*part)) return stop(finding->text, Exit::findings);
    const auto* block = std::get_if<LedgerBlock>(&*part);
    if (block == nullptr) continue;
    const auto check = check_block(*block);
    for (std::size_t i = 0; i < block->count; ++i) {
      const auto& place = check.entries[i];
      if (place.sound) story.take(block->first_index + i, text_of(block->bundle().subspan(place.offset, place.length)));
      else story.damaged(block->first_index + i);
    }
  }
  if (!story.told()) return stop(concat("the ledger has no case `", command.id.text(), "`"), Exit::findings);
  print(concat(printable(story.ending()), "\n"));
  return story.wrong() ? Exit::findings : Exit::sound;
}

}  // namespace sallyport::audit
