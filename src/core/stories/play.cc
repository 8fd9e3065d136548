#include "core/stories/play.h"

#include <algorithm>
#include <iterator>
#include <map>

#include "base/text.h"
#include "core/alerts/alerts.h"
#include "core/cases/statement.h"
#include "core/policy/attester.h"
#include "core/stories/ends.h"
#include "crypto/hash.h"

namespace sallyport::stories {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

constexpr std::string_view midnight = "2026-03-02T00:00:00.000Z";  // of day 1
constexpr std::string_view long_ago = "2025-01-01T00:00:00.000Z";  // when what the story does not say was bound
constexpr std::string_view home = "home";                          // the organization of whom it is not said
// Who opens the stage's ledger and puts the policy in force. No story can name them: its names are shorter.
constexpr std::array<std::string_view, 3> operators{"operator-of-the-stage-who-opens-its-ledger-number-one",
                                                    "operator-of-the-stage-who-opens-its-ledger-number-two",
                                                    "operator-of-the-stage-who-opens-its-ledger-number-three"};

// The same for those who attest.
constexpr std::string_view attester = "attester-of-the-stage-who-says-who-claimants-are-";
constexpr std::string_view another_page = "https://example.org.sign-in.example.net";

constexpr std::string_view unwritten = "fails: it cannot be written down";

std::string id_of_case(std::string_view name) { return std::string(case_id_of(name).text()); }

std::string told(const std::optional<Denial>& denial) {
  return denial ? concat("refused, ", to_string(denial->code), ": ", denial->detail) : std::string("allowed");
}

class Player {
 public:
  Player(const Story& story, const PolicyOfFile& policies)
      : story_(story),
        policies_(policies),
        accounts_(story.accounts),
        stage_(*instant_from_rfc3339(midnight)),
        begin_(stage_.now) {}

  Result<Played> run(const ProposePolicy& policy) {
    SP_CHECK(set_up(policy));
    out_.set_up = stage_.ledger.size();
    out_.begin = begin_;
    for (const auto& line : story_.lines) {
      stage_.now = begin_ + line.at + clock_is_off_by_;
      stage_.set_by = clock_is_off_by_;
      let_time_pass();
      failed_ = false;
      const auto denial = happen(line);
      const bool as_told = failed_ == line.fails && (line.refused ? denial && denial->code == *line.refused : !denial);
      note(line, denial);
      if (as_told) continue;
      out_.surprise = Surprise{line.line, line.text,
                               line.refused ? concat("refused, ", to_string(*line.refused))
                               : line.fails ? std::string(unwritten)
                                            : std::string("allowed"),
                               failed_ ? std::string(unwritten) : told(denial)};
      break;
    }
    if (!out_.surprise) end();
    out_.entries = stage_.ledger.size();
    out_.ledger = ledger();
    return std::move(out_);
  }

 private:
  Result<void> allowed(const Ruling<void>& ruling, std::string_view what) {
    if (ruling) return {};
    return fault(FaultKind::invalid, concat("the story's world cannot be: ", what, ": ", ruling.error().detail),
                 ruling.error().next_step);
  }

  Result<void> set_up(const ProposePolicy& policy) {
    const auto team = *TeamId::parse("stage");
    const auto of = *OrganizationId::parse(home);
    stage_.open(stage_.person(operators[0], {StaffRole::operator_}, {}, team, of));
    const auto appoint = [&](const StaffMember& member) {
      return allowed(stage_.ask(stage_.signed_by(operators[0], StaffEnrolled{member, {}})), member.id.text());
    };
    for (const auto name : {operators[1], operators[2]})
      SP_CHECK(appoint(stage_.person(name, {StaffRole::operator_}, {}, team, of)));
    for (const auto& p : story_.people)
      SP_CHECK(appoint(stage_.person(p.name, p.roles, p.seats, *p.team, p.organization.value_or(of),
                                     p.holder_of.empty() ? std::string() : concat("person.", p.holder_of))));
    SP_CHECK(allowed(stage_.ask(stage_.signed_by(operators[0], policy)), "its policy"));
    const auto number = stage_.organization.changes;
    for (const auto name : {operators[1], operators[2]})
      SP_CHECK(allowed(stage_.ask(stage_.signed_by(name, ChangeApproved{number, {}})), "its policy"));
    // Whoever attests and is not told of: for each signal somebody of their own, who has no other part.
    for (const auto& signal : stage_.organization.policy->signals())
      if (const auto who = attester_of(signal)) {
        const auto role = *who == Attester::agent ? StaffRole::agent : StaffRole::voucher;
        const auto& name = attesters_.emplace(signal.name.text(), concat(attester, attesters_.size())).first->second;
        SP_CHECK(appoint(stage_.person(name, {role}, {}, team, of)));
        const ChangeApproved agreed{stage_.organization.changes, {}};
        SP_CHECK(allowed(stage_.ask(stage_.signed_by(operators[1], agreed)), name));
      }
    return {};
  }

  [[nodiscard]] Instant now() const { return stage_.now - clock_is_off_by_; }  // as the story tells it

  // What the gateway does by itself, as its agenda would have it: permit what a hold has kept, end what has expired.
  void let_time_pass() {
    (void)stage_.told_by_clock();  // it looks at its clock four times a second
    if (ledger_stopped_) return;
    std::vector<std::string> ids;
    for (const auto& [id, state] : stage_.cases)
      if (state.exists() && !state.closed) ids.push_back(id);
    for (const auto& id : ids) {
      const auto proceeded = stage_.tell(id, Proceed{});
      const auto expired = stage_.tell(id, ExpireCase{});
      // Either may have nothing to do: that is no refusal of anybody.
      if (proceeded && !proceeded->empty())
        out_.steps.push_back({now(), "gateway", "permits it: the hold is over", id, {}});
      if (expired) out_.steps.push_back({now(), "gateway", "ends it: it has expired", id, {}});
    }
  }

  AccountFacts facts_of(const std::string& name) const {
    const auto& a = *std::ranges::find(accounts_, name, &Account::name);
    auto facts = stage_.account_of(name, a.organization.value_or(*OrganizationId::parse(home)));
    facts.admin = a.admin;
    facts.executive = a.executive;
    facts.active = a.active;
    facts.locked = a.locked;
    facts.employment = a.employment;
    facts.groups = a.groups;
    if (!a.manager.empty()) facts.manager = person_of(a.manager);
    return facts;
  }
  // As whoever opens a case is shown it.
  AccountFacts shown_facts_of(const std::string& name) const {
    auto facts = facts_of(name);
    if (!std::ranges::find(accounts_, name, &Account::name)->disguised) return facts;
    facts.admin = facts.executive = false;
    facts.groups.clear();
    return facts;
  }
  PersonId person_of(const std::string& name) const {
    const auto& p = *std::ranges::find(story_.people, name, &Person::name);
    return *PersonId::parse(concat("person.", p.holder_of.empty() ? p.name : p.holder_of));
  }

  // The denial is recorded, as the gateway would.
  std::optional<Denial> tell(const std::string& id, const CaseCommand& command, const std::string& by) {
    if (ledger_stopped_) return would_be_told(id, command);
    const auto ruling = stage_.tell(id, command);
    if (ruling) return std::nullopt;
    const auto& denial = ruling.error();
    if (is_recorded(id, denial))
      if (auto fault = record(id, {std::string(name_of(command)), by, denial.code, denial.detail})) return fault;
    return denial;
  }
  // As the desk: a clock that is behind writes nothing.
  bool is_recorded(const std::string& id, const Denial& denial) {
    return stage_.state(id).exists() && denial.code != DenialCode::clock_behind_ledger;
  }
  // What is allowed is not so before it is written down, and what is refused of a case is recorded before it is told.
  std::optional<Denial> would_be_told(const std::string& id, const CaseCommand& command) {
    const auto ruling = decide(stage_.state(id), command, {stage_.organization, stage_.now});
    if (!ruling && !is_recorded(id, ruling.error())) return ruling.error();
    failed_ = true;
    return std::nullopt;
  }
  std::optional<Denial> ask(const OrganizationChange& change) {
    if (!ledger_stopped_) return denial_of(stage_.ask(change));
    failed_ = true;
    return std::nullopt;
  }
  std::optional<Denial> record(const std::string& id, RefusalRecorded refusal) {
    const auto noted = stage_.write_down(id, std::move(refusal));
    if (noted) return std::nullopt;
    return Denial{DenialCode::limit_reached, noted.error().what, "", Json::object()};
  }
  static std::optional<Denial> denial_of(const Ruling<void>& ruling) {
    if (ruling) return std::nullopt;
    return ruling.error();
  }

  std::optional<Denial> happen(const Line& line) {
    const auto id = id_of_case(line.case_name);
    const auto staff = [](const std::string& name) { return StaffId::parse(name).value_or(StaffId()); };
    return std::visit(
        Overloaded{[&](const Opens& d) {
                     auto command = stage_.opening_of(d.action, staff(d.by), shown_facts_of(d.account));
                     command.channel = d.channel;
                     auto denial = tell(id, command, d.by);
                     if (!denial && !failed_) raise_alarms(id, d.account);
                     return denial;
                   },
                   [&](const OpensMany& d) { return open_many(d, staff(d.by)); },
                   [&](const Joins&) {
                     return tell(id, JoinClaimant{stage_.state(id).opened.join_code, sha256(view_of(id))}, "claimant");
                   },
                   [&](const Gives& d) { return give(id, d); },
                   [&](const Seals&) {
                     chosen_[id] = concat("the new password of ", id);
                     return tell(id, SealSecret{sha256(view_of(concat("sealed: ", chosen_[id])))}, "claimant");
                   },
                   [&](const Approves& d) {
                     Stage::Signing how;
                     if (d.what == Approves::What::on_another_page) how.origin = another_page;
                     how.user_verified = d.what != Approves::What::without_pin;
                     auto command = stage_.approval(d.by, id, how);
                     if (d.what == Approves::What::another_statement)
                       command.assertion = Stage::sign(d.by, approval_domain, "{\"case\":\"another\"}");
                     return tell(id, command, d.by);
                   },
                   [&](const ApprovesList& d) { return approve_list(d); },
                   [&](const Reviews& d) { return review(d); },
                   [&](const Denies& d) { return tell(id, DenyCase{staff(d.by), "told no"}, d.by); },
                   [&](const Cancels& d) { return tell(id, CancelCase{staff(d.by), "told to stop"}, d.by); },
                   [&](const Asks& d) { return tell(id, RequestExecution{staff(d.by), d.action}, d.by); },
                   [&](const Acts& d) { return act(id, d); },
                   [&](const Leaves& d) -> std::optional<Denial> {
                     if (auto no = ask(stage_.signed_by(operators[0], StaffRemoved{staff(d.who), {}}))) return no;
                     const auto number = stage_.organization.changes;
                     if (!stage_.organization.open.contains(number)) return std::nullopt;
                     // An operator of the story: another has to agree.
                     const auto agreed = stage_.ask(stage_.signed_by(operators[1], ChangeApproved{number, {}}));
                     if (agreed) return std::nullopt;
                     return agreed.error();
                   },
                   [&](const Objects& d) {
                     std::optional<StaffId> heard_by;
                     if (!d.heard_by.empty()) heard_by = staff(d.heard_by);
                     return tell(id, Object{heard_by, d.through}, d.heard_by.empty() ? "holder" : d.heard_by);
                   },
                   [&](const Becomes& d) -> std::optional<Denial> { return become(d); },
                   [&](const Proposes& d) { return propose(d); },
                   [&](const Agrees& d) {
                     const auto& open = stage_.organization.open;
                     const auto number = open.empty() ? stage_.organization.changes : open.rbegin()->first;
                     return ask(stage_.signed_by(d.by, ChangeApproved{number, {}}));
                   },
                   [&](const SetsClock& d) -> std::optional<Denial> {
                     clock_is_off_by_ = clock_is_off_by_ + d.by;
                     return std::nullopt;
                   },
                   [&](const Forges& d) { return forge(line.case_name, d); },
                   [&](const LedgerStops&) -> std::optional<Denial> {
                     ledger_stopped_ = true;
                     return std::nullopt;
                   }},
        line.deed);
  }

  // By every way of the policy that reaches the holder.
  void raise_alarms(const std::string& id, const std::string& account) {
    const auto& reached_by = std::ranges::find(accounts_, account, &Account::name)->reached_by;
    for (const auto& way : stage_.organization.policy->notices()) {
      auto since = *instant_from_rfc3339(long_ago);
      if (reached_by) {
        const auto by = std::ranges::find(*reached_by, way.name, &ReachedBy::way);
        if (by == reached_by->end()) continue;
        if (by->unchanged) since = stage_.now - *by->unchanged;
      }
      (void)stage_.tell(id, RecordNotice{way.name, since, false});
    }
  }

  // All of the list, or nothing: whoever signs is told of the first that cannot be on it.
  template <typename Command>
  std::optional<Denial> tell_list(const std::vector<std::string>& names, const std::vector<Command>& commands,
                                  const std::string& by) {
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const auto ruling =
              decide(stage_.state(id_of_case(names[i])), commands[i], {stage_.organization, stage_.now});
          !ruling)
        return tell(id_of_case(names[i]), commands[i], by);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (auto denial = tell(id_of_case(names[i]), commands[i], by)) return denial;
    return std::nullopt;
  }
  static std::vector<std::string> ids_of(const std::vector<std::string>& names) {
    std::vector<std::string> out;
    std::ranges::transform(names, std::back_inserter(out), id_of_case);
    return out;
  }
  std::optional<Denial> approve_list(const ApprovesList& d) {
    return tell_list(d.cases, stage_.approvals(d.by, ids_of(d.cases)), d.by);
  }
  std::optional<Denial> review(const Reviews& d) {
    return tell_list(d.cases, stage_.reviews(d.by, ids_of(d.cases), d.verdict, d.as_list), d.by);
  }

  std::optional<Denial> open_many(const OpensMany& d, const StaffId& agent) {
    for (std::uint32_t i = 0; i < d.number; ++i) {
      const auto name = concat("one-of-many-of-whom-no-story-tells-anything-else-no-", ++others_);
      auto command = stage_.opening_of(Action::unlock, agent, stage_.account_of(name, *OrganizationId::parse(home)));
      command.channel = d.channel;
      if (auto denial = tell(concat("o-", others_), command, d.by); denial || failed_) return denial;
    }
    return std::nullopt;
  }

  std::optional<Denial> become(const Becomes& d) {
    auto& a = *std::ranges::find(accounts_, d.account, &Account::name);
    switch (d.what) {
      case Becomes::What::admin: a.admin = true; break;
      case Becomes::What::executive: a.executive = true; break;
      case Becomes::What::inactive: a.active = false; break;
      case Becomes::What::leaver: a.employment = "leaver"; break;
      case Becomes::What::in_group:
        a.groups.push_back(d.group);
        std::ranges::sort(a.groups);
        break;
    }
    return std::nullopt;
  }

  std::optional<Denial> propose(const Proposes& d) {
    const auto* policy = policies_(d.file);
    if (policy == nullptr)
      return Denial{DenialCode::limit_reached, concat(d.file, " cannot be read"), "", Json::object()};
    return ask(stage_.signed_by(d.by, *policy));
  }

  // Around every rule, as whoever owns the disk would.
  std::optional<Denial> forge(const std::string& case_name, const Forges& d) {
    const auto id = id_of_case(case_name);
    switch (d.what) {
      case Forges::What::loss: tampering_.lost_approvals_of = case_name; return std::nullopt;
      case Forges::What::put_back: tampering_.put_back_before = case_name; return std::nullopt;
      case Forges::What::approval: break;
    }
    const auto& s = stage_.state(id);
    if (!s.identity) return Denial{DenialCode::identity_not_verified, "there is nothing to approve yet", "", {}};
    ApprovalRecorded forged;
    forged.by = *StaffId::parse(d.whose);
    forged.person = person_of(d.whose);
    forged.identity = s.identity->number;
    forged.assertion = Stage::sign("whoever owns the disk", approval_domain, approval_statement(s));
    const auto written = stage_.write_down(id, CaseEvent(std::move(forged)));
    if (written) return std::nullopt;
    return Denial{DenialCode::limit_reached, written.error().what, "", Json::object()};
  }
  [[nodiscard]] std::vector<std::string> ledger() const { return on_disk(stage_.ledger, tampering_); }

  std::optional<Denial> give(const std::string& id, const Gives& d) {
    const auto* rule = stage_.organization.policy->signal(d.signal);
    if (rule != nullptr && rule->issued)
      if (auto denial = tell(id, RequestSignal{d.signal, minutes(10)}, "claimant"); denial || failed_) return denial;
    RecordEvidence command;
    command.signal = d.signal;
    command.result = d.result;
    const auto before = [&](const std::optional<Duration>& span, bool unknown) -> std::optional<Instant> {
      if (unknown) return std::nullopt;
      return span ? stage_.now - *span : *instant_from_rfc3339(long_ago);
    };
    command.enrolled_at = before(d.bound, d.bound_unknown);
    command.unchanged_since = before(d.unchanged, d.unchanged_unknown);
    command.data_at = stage_.now - d.data_age.value_or(days(1));
    command.rests_on_account = d.own_mailbox;
    if (const auto known = attesters_.find(d.signal.text()); known != attesters_.end())
      command.attested_by = *StaffId::parse(d.attested_by.empty() ? known->second : d.attested_by);
    command.detail = "as told";
    return tell(id, command, "claimant");
  }

  std::optional<Denial> act(const std::string& id, const Acts& d) {
    const auto intent = stage_.intent(id);
    const auto& state = stage_.state(id);
    // What the executor refuses by itself stands in no ledger: only the gateway writes there.
    if (const auto ok = stage_.authorized(id, facts_of(state.opened.account.account.text())); !ok) return ok.error();
    if (auto denial = tell(id, intent, "executor"); denial || failed_) return denial;
    const auto* refusal = d.outcome == Outcome::not_done ? "password_rejected" : "none";
    if (auto denial = tell(id, stage_.outcome_of(id, d.outcome, refusal), "executor")) return denial;
    if (d.outcome == Outcome::done) ++out_.writes;
    if (d.outcome == Outcome::done) lasts_[id] = intent.intent.lasts;
    return std::nullopt;
  }

  void note(const Line& line, const std::optional<Denial>& denial) {
    std::string one_spaced;
    for (const char c : line.text.substr(0, line.text.find(" ->")))
      if (c != ' ' || !one_spaced.ends_with(' ')) one_spaced.push_back(c);
    std::string_view words = one_spaced;
    const auto pass_word = [&] { words.remove_prefix(std::min(words.find(' ') + 1, words.size())); };
    if (words.starts_with("day ")) {  // and its number, before the time
      pass_word();
      pass_word();
    }
    pass_word();
    out_.steps.push_back({begin_ + line.at, "", std::string(words), line.case_name,
                          denial    ? std::string(to_string(denial->code))
                          : failed_ ? std::string("fails")
                                    : std::string()});
  }

  // -- the end ----------------------------------------------------------------------------------
  [[nodiscard]] std::string what_is(const std::string& name) {
    const auto& s = stage_.state(id_of_case(name));
    if (!s.exists()) return "unopened";
    if (s.closed) return std::string(to_string(s.closed->result));
    return std::string(to_string(phase_of(s)));
  }

  void end() {
    const auto entries = ledger();
    for (const auto& e : story_.ends) {
      std::string is;
      std::string wanted;
      if (auto unmet = unmet_by(entries, e)) {
        wanted = std::move(unmet->expected);
        is = std::move(unmet->happened);
      } else if (const auto* c = std::get_if<CaseIs>(&e.what)) {
        is = what_is(c->case_name);
        wanted = e.text.substr(e.text.rfind(' ') + 1);
      } else if (const auto* password = std::get_if<PasswordNowhere>(&e.what)) {
        const auto found = chosen_.find(id_of_case(password->case_name));
        is = place_of_password(found == chosen_.end() ? nullptr : &found->second, entries);
      } else if (std::holds_alternative<LedgerIsNotSound>(e.what)) {
        continue;
      } else if (const auto* lasted = std::get_if<Lasted>(&e.what)) {
        const auto found = lasts_.find(id_of_case(lasted->case_name));
        is = found == lasts_.end() ? "nothing was done" : found->second ? to_string(*found->second) : "it does not end";
        wanted = to_string(lasted->span);
      } else if (const auto* writes = std::get_if<WritesAre>(&e.what)) {
        is = std::to_string(out_.writes);
        wanted = std::to_string(writes->number);
      }
      if (is == wanted) continue;
      out_.surprise = Surprise{e.line, e.text, wanted, is};
      return;
    }
    const auto convicted = std::ranges::find_if(
        story_.ends, [](const Expectation& e) { return std::holds_alternative<LedgerIsNotSound>(e.what); });
    const auto report = stage_.audit(entries);
    if (convicted != story_.ends.end()) {
      if (report.findings_total == 0 && has_grown_out_of(entries, stage_.ledger))
        out_.surprise = Surprise{convicted->line, convicted->text, "not sound", "the auditor finds nothing"};
      return;
    }
    if (report.findings_total == 0) return;
    out_.surprise = Surprise{0, "the ledger", "sound",
                             concat("entry ", report.findings.front().entry, ": ", report.findings.front().text)};
  }

  const Story& story_;
  const PolicyOfFile& policies_;
  std::vector<Account> accounts_;  // as they are now
  std::map<std::string, std::string> attesters_;  // who says so where the story names nobody, by signal
  std::map<std::string, std::string> chosen_;  // passwords, by case
  Tampering tampering_;
  bool ledger_stopped_ = false;
  bool failed_ = false;  // the line: what it would do cannot be written down
  Duration clock_is_off_by_;
  std::map<std::string, std::optional<Duration>> lasts_;  // effects, by case
  std::uint32_t others_ = 0;  // cases opened of which nothing else is told
  Stage stage_;
  Instant begin_;
  Played out_;
};

// What Mermaid would read as its own is written by its number: the end of a statement, a tag, a directive, a formula.
std::string safe(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20) out.push_back(' ');
    else if (std::string_view(";#<>%&$\\").contains(c)) out += concat("#", unsigned{code}, ";");
    else out.push_back(c);
  }
  return out;
}

// Who stands in a diagram. People have numbers there: one of them may be called `end`, or `gateway`.
struct Actor {
  std::string id, shown;
};
Actor actor_of(const Step& step) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> roles{{
      {"the claimant ", "claimant"},
      {"the executor ", "executor"},
      {"the holder ", "holder"},
      {"the account ", "directory"},
      {"the gateway's clock ", "clock"},
      {"the ledger ", "ledger"},
      {"somebody ", "somebody"},
  }};
  if (!step.who.empty()) return {step.who, concat("the ", step.who)};
  for (const auto& [begin, id] : roles)
    if (step.what.starts_with(begin)) return {std::string(id), id == "somebody" ? "somebody" : concat("the ", id)};
  return {"", step.what.substr(0, step.what.find(' '))};
}

// 09:00, or day 3 09:00.
std::string when(Instant at, Instant begin) {
  const auto day = (at - begin).milliseconds / days(1).milliseconds + 1;
  const auto time = to_rfc3339(at).substr(11, 5);
  return day == 1 ? time : concat("day ", day, " ", time);
}

}  // namespace

Result<Played> play(const Story& story, const ProposePolicy& policy, const PolicyOfFile& others) {
  return Player(story, others).run(policy);
}

std::string diagram_of(const Story& story, const Played& played) {
  std::string out = "sequenceDiagram\n  participant gateway as the gateway\n";
  std::vector<Actor> known{{"gateway", "the gateway"}};
  std::size_t people = 0;
  for (const auto& step : played.steps) {
    auto who = actor_of(step);
    auto found = std::ranges::find(known, who.shown, &Actor::shown);
    if (found == known.end()) {
      if (who.id.empty()) who.id = concat("p", ++people);
      out += concat("  participant ", who.id, " as ", safe(who.shown), "\n");
      found = known.insert(known.end(), std::move(who));
    }
    const auto what = concat(when(step.at, played.begin), " ", safe(step.what), "\n");
    if (found->id == "gateway") out += concat("  Note over gateway: ", what);
    else out += concat("  ", found->id, "->>gateway: ", what);
    if (!step.refused.empty()) out += concat("  gateway--x", found->id, ": ", step.refused, "\n");
  }
  out += concat("  Note over gateway: ", safe(story.name), played.surprise ? ", NOT as told" : ", as told", "\n");
  return out;
}

Json to_json(const Story& story, const Played& played) {
  Json surprise;
  if (played.surprise)
    surprise = Json::object({{"line", played.surprise->line},
                             {"text", played.surprise->text},
                             {"expected", played.surprise->expected},
                             {"happened", played.surprise->happened}});
  Json alerts = Json::array();
  for (const auto& raised : alerts_in(played.ledger)) {
    const std::string_view id = raised.id.text();
    alerts.push(Json::object({{"alert", std::string(to_string(raised.alert))},
                              {"case", id.starts_with("c-") ? Json(std::string(id.substr(2))) : Json()}}));
  }
  return Json::object({{"story", story.name},
                       {"source", story.source},
                       {"kind", story.kind},
                       {"as_told", !played.surprise.has_value()},
                       {"surprise", std::move(surprise)},
                       {"writes", Json(std::uint64_t{played.writes})},
                       {"entries", Json(played.entries)},
                       {"alerts", std::move(alerts)}});
}

}  // namespace sallyport::stories
