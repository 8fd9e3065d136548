#include "core/ledger/bundle_cover.h"

#include <map>
#include <optional>

#include "base/printable.h"
#include "base/text.h"
#include "core/cases/state.h"
#include "core/ledger/entry.h"
#include "core/ledger/readjudicate.h"

namespace sallyport {
namespace {

constexpr std::string_view head = R"(SALLYPORT: ONE CASE OF A LEDGER

This page was made from the entries in this file, and tells nothing else. `sallyport-audit verify` makes it again and
refuses a file whose page says something different.

)";

constexpr std::string_view tail = R"(
WHAT IS PROVED, once `sallyport-audit verify` finds nothing wrong with this file
  - Each entry stands in the ledger that was signed, at the place that is told, unchanged.
  - No entry is missing from the middle of the case or of the organization's history.
  - Every approval and every change of staff or policy was signed with the passkey of the person who is named.
  - The case was decided as the policy in force at each moment asked: ruled on again from these entries alone.

WHAT IS NOT PROVED
  - That what was recorded was true: that a code was right, what the directory showed and what it answered.
  - What was recorded of the case after its last entry here. A later ledger may hold an objection or a review.
  - That the organization's history goes no further than here. `verify` says whether that could matter.
  - What rests on other cases: how many there were, failed tries elsewhere, recoveries of those who spoke, and that the
    directory's marker was left as the case found it. The whole ledger shows these.
  - That the rest of the ledger is sound, and that this is its newest state.

HOW TO CHECK IT, on any machine, without a network
  sallyport-audit verify THIS_FILE --key KEY --genesis HASH
  Get KEY (the ledger's verifier key) and HASH (of its first entry) from somebody other than who gave you this file.
  The layout is open: docs/ledger_format.md, "Bundles".
)";

std::string listed(const auto& items, const auto& word_of) {
  std::string out;
  for (const auto& item : items) out += concat(out.empty() ? "" : ", ", word_of(item));
  return out.empty() ? "none" : out;
}

std::string aside(std::string_view text) { return text.empty() ? std::string() : concat(": ", printable_line(text)); }

std::string seat(const ApproverConstraint& c) {
  return concat(c.at_least, " ", c.role ? c.role->text() : "approver",
                c.outside ? concat(" outside ", c.outside->text()) : "", c.from ? concat(" of ", c.from->text()) : "");
}

std::string needed(const Requirement& r) {
  return concat(
      "independent signals: ", r.signals, r.strong > 0 ? concat(", strong: ", r.strong) : "",
      r.include.empty() ? "" : concat(", among them ", listed(r.include, [](const SignalName& s) { return s.text(); })),
      "; approvals: ", listed(r.approvers, seat), "; hold: ", to_string(r.hold_without_strong), ", or ",
      to_string(r.hold_with_strong), " with a strong signal",
      r.review ? concat("; review within ", to_string(r.review->within)) : "");
}

// What an event was, in a line. People by their ids: whom they stand for is in the organization's entries.
struct InWords {
  std::string operator()(const CaseOpened& e) const {
    return concat("opened by ", e.requested_by.text(), ": ", to_string(e.action), ", until ", to_rfc3339(e.expires_at));
  }
  std::string operator()(const ClaimantJoined&) const { return "a browser joined with the code that was read out"; }
  std::string operator()(const SignalRequested& e) const {
    return concat(e.signal.text(), " ", e.number, " was sent, good until ", to_rfc3339(e.expires_at));
  }
  std::string operator()(const EvidenceRecorded& e) const {
    const auto& v = e.evidence;
    return concat("evidence ", v.number, ": ", v.signal.text(), " ", to_string(v.result), aside(v.detail),
                  v.attested_by ? concat(", on the word of ", v.attested_by->text()) : "");
  }
  std::string operator()(const IdentityVerified& e) const {
    return concat("identity verified on evidence ", listed(e.evidence, [](auto n) { return std::to_string(n); }),
                  e.strong ? ", a strong signal among it" : "", "; hold until ", to_rfc3339(e.hold_until));
  }
  std::string operator()(const SecretSealed&) const { return "a new password was sealed to the executor"; }
  std::string operator()(const ApprovalRecorded& e) const {
    return concat("approved by ", e.by.text(), " (person ", e.person.text(), "), signed with their passkey",
                  e.list ? concat(", in a list of ", e.list->size) : "");
  }
  std::string operator()(const ActionPermitted& e) const {
    return concat("permitted, attempt ", e.attempt, ", on the approvals of ",
                  listed(e.approvers, [](const StaffId& id) { return id.text(); }), ", under policy ",
                  to_hex(e.policy).substr(0, 16));
  }
  std::string operator()(const IntentRecorded& e) const {
    return concat("the executor began: ", to_string(e.action), " of ", e.account.text(), " in ", e.directory.text());
  }
  std::string operator()(const OutcomeRecorded& e) const {
    return concat(
        "outcome: ", to_string(e.outcome),
        e.refusal.empty() || e.refusal == "none" ? "" : concat(", the directory said ", printable_line(e.refusal)),
        e.reconciled ? ", found out afterwards" : "");
  }
  std::string operator()(const RefusalRecorded& e) const {
    return concat(printable_line(e.by), " was refused `", printable_line(e.attempted), "`: ", to_string(e.code));
  }
  std::string operator()(const HolderObjected& e) const {
    return concat("the holder said that it was not them, through ", printable_line(e.through));
  }
  std::string operator()(const CaseClosed& e) const {
    return concat("closed: ", to_string(e.result), ", by ", printable_line(e.by), aside(e.detail));
  }
  std::string operator()(const NoticeSent& e) const { return concat("the holder was told by ", e.notice.way.text()); }
  std::string operator()(const CaseReviewed& e) const {
    return concat("reviewed by ", e.by.text(), ", signed with their passkey: ", to_string(e.verdict));
  }
};

class Cover {
 public:
  Cover(const CaseId& id, const Checkpoint& checkpoint) : id_(id), checkpoint_(checkpoint) { state_.id = id; }

  void take(std::uint64_t index, const LedgerEntry& entry, const OrganizationEvent& event) {
    if (const auto* e = std::get_if<PolicyProposed>(&event))
      proposals_[e->signature.number] = {e->signature.by.text(), {}};
    const auto* approved = std::get_if<ChangeApproved>(&event);
    if (approved != nullptr) proposals_[approved->change].approved_by.push_back(approved->signature.by.text());
    const auto before = organization_.policy;
    // Whether it was right is the audit's to say; the page is the same either way.
    if (!readjudicate(organization_, event, entry.at, ProofCheck::later)) return;
    if (approved == nullptr || organization_.policy == before) return;
    const auto& p = proposals_[approved->change];
    policy_ = concat("policy `", printable_line(organization_.policy->name()), "`, SHA-256 ",
                     to_hex(organization_.policy->digest()), "\n  in force since ", to_rfc3339(entry.at), " (entry ",
                     index, "), proposed by ", p.by, ", approved by ",
                     listed(p.approved_by, [](const std::string& who) { return who; }));
    if (!happened_.empty() && !state_.closed) line(index, entry.at, "another policy came into force");
  }

  void take(std::uint64_t index, const LedgerEntry& entry, const CaseEvent& event) {
    if (const auto* e = std::get_if<CaseOpened>(&event); e != nullptr && asked_.empty()) open(*e, entry.at);
    line(index, entry.at, std::visit(InWords{}, event));
    if (const auto* e = std::get_if<CaseClosed>(&event))
      ended_ = concat(to_string(e->result), ", at ", to_rfc3339(entry.at), " (entry ", index, "), by ",
                      printable_line(e->by));
    state_.closed = std::holds_alternative<CaseClosed>(event) ? std::get<CaseClosed>(event) : state_.closed;
  }

  [[nodiscard]] std::string page() const {
    return concat(head, "case    ", id_.text(), "\nledger  ", printable_line(checkpoint_.origin), "\nas of   ",
                  checkpoint_.size, " entries, root ", to_hex(checkpoint_.root), "\n",
                  organization_.opened.environment == Environment::demo && organization_.version > 0
                      ? "\nTHIS IS A DEMO LEDGER: its passkeys may be software, which proves nothing about people.\n"
                      : "",
                  "\nWHAT WAS ASKED\n", asked_, "\nBY WHICH RULES\n", rules_, "\nWHAT HAPPENED\n", happened_,
                  "\nHOW IT ENDED\n  ", ended_.empty() ? "this file holds no end of it" : ended_, "\n", tail);
  }

 private:
  struct Proposal {
    std::string by;
    std::vector<std::string> approved_by;
  };

  void open(const CaseOpened& e, Instant at) {
    const auto& a = e.account;
    const auto* agent = organization_.member(e.requested_by);
    asked_ =
        concat("  ", to_string(e.action), " of the account ", a.account.text(), " in the directory ",
               a.directory.text(), "\n  held by the person ", a.holder.text(), " of ", a.organization.text(),
               "\n  asked for at ", to_rfc3339(at), " through ", e.requested_by.text(), " (person ", e.requester.text(),
               agent == nullptr ? "" : concat(", ", agent->team.text(), " of ", agent->organization.text()),
               "), who heard of it by ", printable_line(e.channel),
               e.ticket.empty() ? "" : concat(", ticket ", printable_line(e.ticket)), "\n");
    rules_ = concat("  ", policy_.empty() ? "no policy was in force" : policy_,
                    "\n  class of the account: ", e.account_class.text(), "\n  needed: ", needed(e.requirement), "\n");
  }

  void line(std::uint64_t index, Instant at, std::string_view words) {
    happened_ += concat("  ", to_rfc3339(at), "  entry ", index, "  ", words, "\n");
  }

  const CaseId& id_;
  const Checkpoint& checkpoint_;
  OrganizationState organization_;
  CaseState state_;
  std::map<std::uint64_t, Proposal> proposals_;  // by the number of the change
  std::string policy_, asked_, rules_, happened_, ended_;
};

}  // namespace

std::string cover_of(const CaseId& id, const Checkpoint& checkpoint, std::span<const BundleEntry> entries) {
  Cover cover(id, checkpoint);
  for (const auto& [index, bytes, proof] : entries) {
    const auto entry = decode_entry(bytes);
    if (!entry) continue;
    if (const auto* change = std::get_if<OrganizationEvent>(&entry->event)) cover.take(index, *entry, *change);
    else if (const auto* event = std::get_if<CaseEvent>(&entry->event);
             event != nullptr && entry->stream == case_stream(id))
      cover.take(index, *entry, *event);
  }
  return cover.page();
}

}  // namespace sallyport
