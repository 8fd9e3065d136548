#include "../tests/harness/play_in_memory.h"

#include <algorithm>
#include <map>

#include "../tests/harness/story_world.h"
#include "base/assert.h"
#include "core/cases/statement.h"
#include "core/model/salted_digest.h"
#include "core/stories/ends.h"
#include "crypto/hash.h"
#include "crypto/totp.h"

namespace sallyport::harness {
namespace {

using namespace stories;

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

constexpr std::string_view fails = "fails";
constexpr std::size_t view_rows_max = 10'000;  // a story has a few dozen
constexpr std::string_view a_fault = "a fault: ";  // as heard() says it

class Player {
 public:
  Player(const Story& story, const PolicyOfFile& policies) : story_(story), policies_(policies), world_(story) {}

  std::optional<Surprise> run(const ProposePolicy& policy) {
    if (policy.checked) proofs_.push_back(policy.checked);
    if (auto no = world_.set_up(policy)) return Surprise{0, "the story's world", std::string(allowed), *no};
    for (const auto& line : story_.lines) {
      site_.clock.set_by = clock_is_off_by_;
      world_.set_clock(instant(midnight) + line.at + clock_is_off_by_);
      site_.api.tick();  // what the gateway does by itself
      const auto happened = happen(line);
      const auto expected = line.refused ? refused(*line.refused) : std::string(line.fails ? fails : allowed);
      if (line.fails ? !happened.starts_with(a_fault) : happened != expected)
        return Surprise{line.line, line.text, expected, happened};
    }
    return end();
  }

 private:
  // -- what happens -------------------------------------------------------------------------------
  static CaseId case_id(const std::string& name) { return *CaseId::parse(concat("c-", name)); }

  std::string tell(const CaseId& id, CaseCommand command, const std::string& by) {
    return heard(answer_of<CaseAnswer>(
        [&](auto done) { site_.adjudicator->submit(id, std::move(command), by, {}, std::move(done)); }));
  }

  // A sentence of the language that nobody plays here does not compile.
  std::string happen(const Line& line) {
    const auto id = case_id(line.case_name);
    return std::visit(
        Overloaded{[&](const Opens& d) { return opens(id, line, d); },
                   [&](const OpensMany& d) { return opens_many(d); },
                   [&](const Joins&) { return join(id); },
                   [&](const Gives& d) { return gives(id, line, d); },
                   [&](const Seals&) { return seals(id); },
                   [&](const Approves& d) { return approves(id, d); },
                   [&](const Denies& d) { return tell(id, DenyCase{signed_in(d.by), "told no"}, d.by); },
                   [&](const Cancels& d) { return tell(id, CancelCase{signed_in(d.by), "told to stop"}, d.by); },
                   [&](const Asks& d) { return tell(id, RequestExecution{signed_in(d.by), d.action}, d.by); },
                   [&](const Acts& d) { return acts(id, line, d); },
                   [&](const Leaves& d) { return leaves(d); },
                   [&](const Objects& d) { return objects(id, d); },
                   [&](const Becomes& d) { return becomes(d); },
                   [&](const Proposes& d) { return proposes(d); },
                   [&](const Agrees& d) { return agrees(d); },
                   [&](const SetsClock& d) { return sets_clock(d); },
                   [&](const Forges& d) { return forges(line.case_name, d); },
                   [&](const LedgerStops&) { return ledger_stops(); },
                   [&](const ApprovesList& d) { return approves_list(d); },
                   [&](const Reviews& d) { return reviews(d); }},
        line.deed);
  }

  // -- staff
  // Whoever is on the staff signs in for what they do; who is not is asked who they are by the rules.
  StaffId signed_in(const std::string& name) {
    const auto id = staff_id(name);
    if (ledger_stopped_) return id;  // nobody signs in any more; who has a session goes on with it
    const auto asked = site_.staff.challenge(id);
    SALLYPORT_ASSERT(asked.has_value());
    const auto in = answer_of<Result<Ruling<SignedIn>>>([&](auto done) {
      site_.staff.sign_in(id, asked->nonce, Stage::sign(name, sign_in_domain, asked->statement), std::move(done));
    });
    // With the clock behind the ledger nobody signs in; who did before is refused with the same.
    if (heard(in) == refused(DenialCode::clock_behind_ledger)) return id;
    const bool member = site_.adjudicator->organization()->member(id) != nullptr;
    SALLYPORT_ASSERT(member == (heard(in) == allowed));
    if (member) {
      const auto session = site_.staff.session((*in)->token);
      SALLYPORT_ASSERT(session && *session && (*session)->member.id == id);
    }
    return id;
  }

  std::string opens(const CaseId& id, const Line& line, const Opens& d) {
    auto account = site_.waiting.find_account(d.account);
    if (!account) return concat("a fault: ", account.error().what);
    if (std::ranges::find(story_.accounts, d.account, &Account::name)->disguised) {
      account->facts.admin = account->facts.executive = false;
      account->facts.groups.clear();
    }
    const auto salt = to_hex(sha256(view_of(id.text())));
    const PrivateMaterial material{account->login, account->display_name, account->mail, "lost handset", salt};
    auto sealed = site_.rows.seal(private_row(id), record_to_json(material));
    if (!sealed) return concat("a fault: ", sealed.error().what);
    OpenCase command;
    command.action = d.action;
    command.account = account->facts;
    command.requested_by = signed_in(d.by);
    command.channel = d.channel;
    command.ticket = "INC-1042";
    command.reason = reason_digest(salt, material.reason);
    command.holder = holder_digest(salt, material.login, material.name);
    command.join_code = ClaimantDesk::join_code_digest(join_code_of(id));
    const auto opened = heard(answer_of<CaseAnswer>([&](auto done) {
      site_.adjudicator->open_case(id, std::move(command),
                                   {{private_row(id), *std::move(sealed)}, {salt_row(id), salt}}, std::move(done));
    }));
    const bool joins_itself = std::ranges::any_of(story_.lines, [&](const Line& other) {
      return other.case_name == line.case_name && std::holds_alternative<Joins>(other.deed);
    });
    if (opened == allowed) raise_alarms(id, d.account);
    // The code that is read out is used at once: half an hour later it is dead. Who is suspended need not join.
    const bool waits = opened == allowed && !(*site_.adjudicator->find(id))->permit;
    return waits && !joins_itself ? join(id) : opened;
  }

  // No way to tell the holder exists here yet: what a channel would hand over is handed over.
  void raise_alarms(const CaseId& id, const std::string& account) {
    const auto& reached_by = std::ranges::find(story_.accounts, account, &Account::name)->reached_by;
    for (const auto& way : site_.adjudicator->organization()->policy->notices()) {
      auto since = instant(long_ago);
      if (reached_by) {
        const auto by = std::ranges::find(*reached_by, way.name, &ReachedBy::way);
        if (by == reached_by->end()) continue;
        if (by->unchanged) since = site_.clock.at - *by->unchanged;
      }
      (void)tell(id, RecordNotice{way.name, since, false}, "gateway");
    }
  }

  std::string opens_many(const OpensMany& d) {
    for (std::uint32_t i = 0; i < d.number; ++i) {
      const auto name = concat("one-of-many-of-whom-no-story-tells-anything-else-no-", ++others_);
      world_.furnish_another(name);
      OpenCase command;
      command.account = site_.waiting.find_account(name)->facts;
      command.requested_by = signed_in(d.by);
      command.channel = d.channel;
      command.join_code = ClaimantDesk::join_code_digest(name);
      const auto opened = heard(answer_of<CaseAnswer>([&](auto done) {
        site_.adjudicator->open_case(*CaseId::parse(concat("o-", others_)), std::move(command), {}, std::move(done));
      }));
      if (opened != allowed) return opened;
    }
    return std::string(allowed);
  }

  std::string objects(const CaseId& id, const Objects& d) {
    std::optional<StaffId> heard_by;
    if (!d.heard_by.empty()) heard_by = signed_in(d.heard_by);
    return tell(id, Object{heard_by, d.through}, d.heard_by.empty() ? "holder" : d.heard_by);
  }

  // -- what happens elsewhere
  std::string becomes(const Becomes& d) {
    auto& facts = site_.directory.accounts[d.account].facts;
    switch (d.what) {
      case Becomes::What::admin: facts.admin = true; break;
      case Becomes::What::executive: facts.executive = true; break;
      case Becomes::What::inactive: facts.active = false; break;
      case Becomes::What::leaver: facts.employment = "leaver"; break;
      case Becomes::What::in_group:
        facts.groups.push_back(d.group);
        std::ranges::sort(facts.groups);
        break;
    }
    return std::string(allowed);
  }

  std::string proposes(const Proposes& d) {
    const auto* policy = policies_(d.file);
    if (policy == nullptr) return concat(d.file, " cannot be read");
    return world_.change(d.by, *policy).value_or(std::string(allowed));
  }

  std::string agrees(const Agrees& d) {
    const auto organization = site_.adjudicator->organization();
    const auto number = organization->open.empty() ? organization->changes : organization->open.rbegin()->first;
    return world_.change(d.by, ChangeApproved{number, {}}).value_or(std::string(allowed));
  }

  std::string sets_clock(const SetsClock& d) {
    clock_is_off_by_ = clock_is_off_by_ + d.by;
    return std::string(allowed);
  }

  // Of those that the language knows, an approval that is written behind the gateway's back is not played here: the
  // gateway would have to be started anew to read it (why_not_in_memory).
  std::string forges(const std::string& case_name, const Forges& d) {
    SALLYPORT_ASSERT(d.what != Forges::What::approval);
    (d.what == Forges::What::loss ? tampering_.lost_approvals_of : tampering_.put_back_before) = case_name;
    return std::string(allowed);
  }
  std::string ledger_stops() {
    site_.store->break_for_test();
    ledger_stopped_ = true;
    return std::string(allowed);
  }

  std::string approves(const CaseId& id, const Approves& d) {
    const auto state = site_.adjudicator->find(id);
    auto statement = state && (*state)->identity ? approval_statement(**state) : std::string("{}");
    if (d.what == Approves::What::another_statement) statement = "{\"case\":\"another\"}";
    Stage::Signing how;
    if (d.what == Approves::What::on_another_page) how.origin = "https://example.org.sign-in.example.net";
    how.user_verified = d.what != Approves::What::without_pin;
    const auto by = signed_in(d.by);
    return heard(answer_of<CaseAnswer>([&](auto done) {
      site_.adjudicator->approve(id, Approve{by, Stage::sign(d.by, approval_domain, statement, how), 0, {}},
                                 world_.person_of(d.by), std::move(done));
    }));
  }

  // What the routes do with several cases: statements as they stand, one signature over their list.
  std::string approves_list(const ApprovesList& d) {
    const auto by = signed_in(d.by);
    std::vector<std::string> statements;
    for (const auto& name : d.cases) {
      const auto state = site_.adjudicator->find(case_id(name));
      statements.push_back(state && (*state)->identity ? approval_statement(**state) : std::string("{}"));
    }
    const auto places = list_of(statements);
    const auto assertion =
        Stage::sign(d.by, as_approval.listed, list_statement(places.front().root, places.front().size), {});
    Adjudicator::CaseCommands commands;
    for (std::size_t i = 0; i < places.size(); ++i)
      commands.emplace_back(case_id(d.cases[i]), Approve{by, assertion, 0, {}, places[i]});
    return heard(answer_of<ListAnswer>([&](auto done) {
      site_.adjudicator->approve_list(std::move(commands), world_.person_of(d.by), std::move(done));
    }));
  }

  std::string reviews(const Reviews& d) {
    const auto by = signed_in(d.by);
    std::vector<std::string> statements;
    for (const auto& name : d.cases) {
      const auto state = site_.adjudicator->find(case_id(name));
      statements.push_back(state && (*state)->closed ? review_statement(**state, d.verdict, "") : std::string("{}"));
    }
    Adjudicator::CaseCommands commands;
    const auto places = list_of(statements);
    const auto assertion =
        d.as_list ? Stage::sign(d.by, as_review.listed, list_statement(places.front().root, places.front().size), {})
                  : Stage::sign(d.by, as_review.alone, statements.front(), {});
    for (std::size_t i = 0; i < places.size(); ++i)
      commands.emplace_back(case_id(d.cases[i]), ReviewCase{by, d.verdict, "", assertion,
                                                            d.as_list ? std::optional(places[i]) : std::nullopt});
    return heard(answer_of<ListAnswer>(
        [&](auto done) { site_.adjudicator->submit_list(std::move(commands), by.text(), std::move(done)); }));
  }

  std::string leaves(const Leaves& d) {
    if (auto no = world_.change(operators[0], StaffRemoved{staff_id(d.who), {}})) return *no;
    return world_.agree({operators[1]}).value_or(std::string(allowed));
  }

  // -- the claimant
  static std::string join_code_of(const CaseId& id) { return concat("code-of-", id.text()); }

  std::string join(const CaseId& id) {
    return heard(
        answer_of<Result<Ruling<Joined>>>([&](auto done) { site_.desk.join(join_code_of(id), std::move(done)); }));
  }

  std::string gives(const CaseId& id, const Line& line, const Gives& d) {
    const auto* rule = site_.adjudicator->organization()->policy->signal(d.signal);
    if (rule == nullptr) return given_to_desk(id, d, "whatever is known of it");
    auto& drawer = world_.drawer_of(line.case_name);
    const bool as_bound = StoryWorld::can_bind(line, d);
    if (d.signal.text() == "totp" && as_bound)
      return given_to_desk(id, d,
                           d.result == EvidenceResult::passed ? totp_code(drawer.seed, totp_step_at(site_.clock.at))
                                                              : wrong_totp(drawer.seed));
    if (d.signal.text() == "recovery_code" && as_bound) {
      std::string code = "no such code";
      if (d.result == EvidenceResult::passed) {
        code = drawer.codes.front();
        drawer.codes.pop_front();
      }
      return given_to_desk(id, d, code);
    }
    if (d.signal.text() == "mail_code" && !d.unchanged && !d.unchanged_unknown) return gives_mailed_code(id, line, d);
    if (rule->issued)
      if (const auto asked = tell(id, RequestSignal{d.signal, minutes(10)}, "claimant"); asked != allowed) return asked;
    return tell(id, evidence_of(d), "claimant");
  }

  std::string gives_mailed_code(const CaseId& id, const Line& line, const Gives& d) {
    const auto asked =
        answer_of<Result<Ruling<Instant>>>([&](auto done) { site_.desk.request_mail_code(id, std::move(done)); });
    if (heard(asked) != allowed) return heard(asked);
    auto code = site_.mail.code_for(world_.held_of(line.case_name).mail);
    if (d.result == EvidenceResult::failed) code.back() = code.back() == '0' ? '1' : '0';
    return given_to_desk(id, d, std::move(code));
  }

  std::string wrong_totp(const SecretBytes& seed) const {
    for (int number = 0;; ++number) {
      auto code = std::to_string(number);
      code.insert(0, totp_digits - code.size(), '0');
      if (!totp_matching_step(seed, code, site_.clock.at, totp_no_step_accepted)) return code;
    }
  }

  std::string given_to_desk(const CaseId& id, const Gives& d, std::string code) {
    const auto given = answer_of<Result<Ruling<Given>>>(
        [&](auto done) { site_.desk.give(id, d.signal, std::move(code), std::move(done)); });
    if (heard(given) == allowed && (*given)->result != d.result)
      return concat("the code is taken for ", to_string((*given)->result));
    return heard(given);
  }

  // What a verifier would say of a signal that this version's desk does not check.
  [[nodiscard]] RecordEvidence evidence_of(const Gives& d) const {
    const auto before = [&](const std::optional<Duration>& span, bool unknown) -> std::optional<Instant> {
      if (unknown) return std::nullopt;
      return span ? site_.clock.at - *span : instant(long_ago);
    };
    RecordEvidence command;
    command.signal = d.signal;
    command.result = d.result;
    command.enrolled_at = before(d.bound, d.bound_unknown);
    command.unchanged_since = before(d.unchanged, d.unchanged_unknown);
    command.data_at = site_.clock.at - d.data_age.value_or(days(1));
    command.rests_on_account = d.own_mailbox;
    if (const auto* known = world_.attester_of(d.signal.text()); known != nullptr)
      command.attested_by = staff_id(d.attested_by.empty() ? *known : d.attested_by);
    command.detail = "as told";
    return command;
  }

  std::string seals(const CaseId& id) {
    const auto password = concat("a new password, number ", ++passwords_);
    const auto ikm = site_.entropy.bytes(hpke_ikm_length_min);
    SALLYPORT_ASSERT(ikm.has_value());
    const auto sealed = hpke_seal(site_.key.public_key(), view_of(sealed_secret_info), view_of(id.text()),
                                  SecretBytes::copy_of(view_of(password)), SecretBytes::copy_of(*ikm));
    SALLYPORT_ASSERT(sealed.has_value());
    const auto out = heard(answer_of<Result<Ruling<void>>>(
        [&](auto done) { site_.desk.seal(id, sealed->enc, sealed->ciphertext, std::move(done)); }));
    if (out == allowed) chosen_[id.text()] = password;
    return out;
  }

  // -- the executor
  std::string acts(const CaseId& id, const Line& line, const Acts& d) {
    using Mood = MemoryDirectory::Mood;
    site_.directory.mood = d.outcome == Outcome::done       ? Mood::acts
                           : d.outcome == Outcome::not_done ? Mood::refuses
                                                            : Mood::is_silent;
    const auto answer = site_.executor.execute(id);
    if (heard(answer) != allowed) return heard(answer);
    if (**answer != d.outcome) return concat("the outcome is ", to_string(**answer));
    const auto& held = world_.held_of(line.case_name);
    const auto chosen = chosen_.find(id.text());
    if (chosen != chosen_.end() && (held.password == chosen->second) != (d.outcome == Outcome::done))
      return "the password in the directory is not the one";
    return std::string(allowed);
  }

  // -- the end ------------------------------------------------------------------------------------
  [[nodiscard]] std::string what_is(const std::string& name) {
    const auto found = site_.adjudicator->find(case_id(name));
    if (!found) return found.error().kind == FaultKind::not_found ? "unopened" : found.error().what;
    const auto& state = **found;
    return std::string(state.closed ? to_string(state.closed->result) : to_string(phase_of(state)));
  }

  std::optional<Surprise> end() {
    bool sound = true;
    const auto entries = on_disk(site_.ledger(), tampering_);
    const auto shown = [] { return std::pair(std::string(), std::string()); };  // the ledger was asked
    for (const auto& e : story_.ends) {
      if (auto unmet = unmet_by(entries, e)) return Surprise{e.line, e.text, unmet->expected, unmet->happened};
      const auto [is, wanted] = std::visit(
          Overloaded{
              [&](const CaseIs& c) { return std::pair(what_is(c.case_name), e.text.substr(e.text.rfind(' ') + 1)); },
              [&](const WritesAre& w) {
                return std::pair(std::to_string(site_.directory.writes), std::to_string(w.number));
              },
              [&](const Lasted& l) {
                const auto found = site_.adjudicator->find(case_id(l.case_name));
                const auto name = found ? (*found)->opened.account.account.text() : std::string();
                const auto held = site_.directory.accounts.find(name);
                const bool ends = held != site_.directory.accounts.end() && held->second.lasts;
                return std::pair(ends ? to_string(*held->second.lasts) : std::string("it does not end"),
                                 to_string(l.span));
              },
              [&](const PasswordNowhere& p) {
                auto kept = entries;
                const auto rows = site_.store->list_view("", "", view_rows_max);
                SALLYPORT_ASSERT(rows.has_value());
                for (const auto& row : *rows) kept.push_back(row.value);
                const auto found = chosen_.find(case_id(p.case_name).text());
                return std::pair(place_of_password(found == chosen_.end() ? nullptr : &found->second, kept),
                                 std::string());
              },
              [&](const AlertIs&) { return shown(); }, [&](const NoAlert&) { return shown(); },
              [&](const TimelineShows&) { return shown(); },
              [&](const LedgerIsNotSound&) {
                sound = false;
                return std::pair(std::string(), std::string());
              }},
          e.what);
      if (is != wanted) return Surprise{e.line, e.text, wanted, is};
    }
    Readjudicator auditor(proofs_);
    for (std::size_t i = 0; i < entries.size(); ++i) auditor.feed(i, entries[i]);
    const auto report = auditor.finish();
    if (!sound && report.findings_total == 0 && has_grown_out_of(entries, site_.ledger()))
      return Surprise{0, "the ledger", "not sound", "the auditor finds nothing"};
    if (!sound || report.findings_total == 0) return std::nullopt;
    const auto& first = report.findings.front();
    return Surprise{0, "the ledger", "sound", concat("entry ", first.entry, ": ", first.text)};
  }

  const Story& story_;
  const PolicyOfFile& policies_;
  StoryWorld world_;
  MemorySite& site_ = world_.site;
  std::map<std::string, std::string> chosen_;  // passwords, by case
  std::uint32_t passwords_ = 0, others_ = 0;
  Duration clock_is_off_by_;
  bool ledger_stopped_ = false;
  Tampering tampering_;
  KnownProofs proofs_;
};

}  // namespace

std::string why_not_in_memory(const Story& story) {
  const auto forged = [](const Line& line) {
    const auto* forges = std::get_if<Forges>(&line.deed);
    return forges != nullptr && forges->what == Forges::What::approval;
  };
  if (std::ranges::any_of(story.lines, forged)) return "needs a gateway that is started anew on what was written";
  return "";
}

std::optional<Surprise> play_in_memory(const Story& story, const ProposePolicy& policy, const PolicyOfFile& others) {
  return Player(story, others).run(policy);
}

}  // namespace sallyport::harness
