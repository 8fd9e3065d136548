#include "core/stories/stage.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/assert.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/cases/assess.h"
#include "core/cases/statement.h"
#include "core/cases/without_clock.h"
#include "core/model/salted_digest.h"
#include "crypto/hash.h"

namespace sallyport {
namespace {

constexpr std::string_view rp_id = "example.org";

template <typename Id>
Id id_or_none(std::string_view text) {
  return Id::parse(text).value_or(Id());
}

}  // namespace

SoftwareAuthenticator Stage::passkey_of(std::string_view name) {
  // One digest in four thousand million is no scalar of P-256; the next one is.
  for (auto scalar = sha256(view_of(concat("the key of ", name)));; scalar = sha256(view_of(scalar)))
    if (auto made = SoftwareAuthenticator::create(SecretBytes::copy_of(view_of(scalar)), rp_id))
      return *std::move(made);
}

StaffMember Stage::person(std::string_view name, std::vector<StaffRole> roles, std::vector<RoleName> seats,
                          const TeamId& team, const OrganizationId& of, std::string_view person) const {
  const auto authenticator = passkey_of(name);
  StaffMember m;
  m.id = id_or_none<StaffId>(name);
  m.person = id_or_none<PersonId>(person.empty() ? concat("person.", name) : std::string(person));
  m.organization = of;
  m.team = team;
  m.roles = std::move(roles);
  m.seats = std::move(seats);
  m.ends_at = now + days(90);
  const auto& point = authenticator.public_key().coordinates();
  m.passkey = {authenticator.credential_id(), Bytes(point.begin(), point.end()),
               Bytes(software_authenticator_aaguid.begin(), software_authenticator_aaguid.end()), "none", true};
  return m;
}

SignedAssertion Stage::sign(std::string_view name, std::string_view domain, std::string_view statement, Signing how) {
  const auto authenticator = passkey_of(name);
  auto made = authenticator.make_assertion(challenge_of(domain, statement), how.origin, 1, how.user_verified);
  return {authenticator.credential_id(), std::move(made.authenticator_data), std::move(made.client_data_json),
          std::move(made.signature)};
}

void Stage::open(const StaffMember& root) {
  LedgerOpened opened;
  opened.origin = "ledger.example.org/test";
  opened.environment = Environment::demo;
  opened.rp_id = rp_id;
  opened.origins = {std::string(origin)};
  opened.root = root;
  opened.executor_key = Bytes(65, 4);
  const auto written = write_down(OrganizationEvent(opened));
  SALLYPORT_ASSERT(written.has_value());
}

// As the gateway (app/adjudicator.cc).
Ruling<Stage::Moment> Stage::time() {
  const auto told = told_by_clock();
  std::optional<Denial> behind;
  if (now + clock_step_back_max < last_at_)
    behind = Denial{DenialCode::clock_behind_ledger,
                    concat("the clock shows ", to_rfc3339(now), ", the ledger ", to_rfc3339(last_at_)),
                    "set the server's clock right", Json::object()};
  if (told.believed() && behind) return std::unexpected(*std::move(behind));
  if (told.believed()) return Moment{now, std::nullopt};
  return Moment{written_at(), behind ? std::move(behind) : clock_not_believed(told)};
}

Instant Stage::written_at() {
  const auto told = told_by_clock();
  return told.believed() ? now : std::max(told.now, last_at_);
}

Ruling<void> Stage::ask(OrganizationChange change) {
  const auto moment = time();
  if (!moment) return std::unexpected(moment.error());
  if (moment->doubt && !stands_without_clock(change)) return std::unexpected(*moment->doubt);
  if (const auto* proposal = std::get_if<ProposePolicy>(&change); proposal != nullptr && proposal->checked)
    proofs_.push_back(proposal->checked);
  tell_recovery(speech_in(change));
  const auto ruling = decide(organization, change, moment->at);
  if (!ruling) return std::unexpected(ruling.error());
  for (const auto& event : *ruling) {
    const auto written = write_down(event);
    SALLYPORT_ASSERT(written.has_value());  // decide() allows nothing that does not fit
  }
  return {};
}

AccountFacts Stage::account_of(std::string_view name, const OrganizationId& of) const {
  AccountFacts facts;
  facts.directory = id_or_none<DirectoryId>("corp");
  facts.account = id_or_none<AccountId>(name);
  facts.holder = id_or_none<PersonId>(concat("person.", name));
  facts.organization = of;
  facts.state_token = concat("state-of-", name);
  facts.active = true;
  facts.employment = "employee";
  facts.read_at = now;
  return facts;
}

OpenCase Stage::opening_of(Action action, const StaffId& agent, AccountFacts account) const {
  OpenCase command;
  command.action = action;
  command.account = std::move(account);
  command.requested_by = agent;
  command.channel = "phone";
  command.ticket = "INC-1042";
  command.reason = reason_digest(salt, "lost handset");
  command.holder = holder_digest(salt, command.account.account.text(), "Paul Sample");
  command.join_code = sha256(view_of("123456"));
  for (const auto& [id, other] : cases)
    if (other.exists() && other.opened.account.account == command.account.account &&
        only_takes_away(other.opened.action) == only_takes_away(action) && other.opened_at >= now - hours(24))
      ++command.cases_24h;
  const auto within_the_hour = [&](const auto& o) { return o.second >= now - hours(1); };
  const auto by_agent = [&](const auto& o) { return o.first == agent && within_the_hour(o); };
  command.request.cases_1h = static_cast<std::uint32_t>(std::ranges::count_if(openings_, within_the_hour));
  command.request.agent_cases_1h = static_cast<std::uint32_t>(std::ranges::count_if(openings_, by_agent));
  command.request.overdue_reviews = static_cast<std::uint32_t>(std::ranges::count_if(cases, [&](const auto& c) {
    const auto& o = c.second.opened;
    return c.second.review_due && *c.second.review_due < now && !c.second.review && o.action == action &&
           (o.requested_by == agent || o.account.account == command.account.account);
  }));
  const auto objected = objected_.find(command.account.account);
  command.request.objected_24h = objected != objected_.end() && objected->second >= now - hours(24);
  return command;
}

const CaseState& Stage::state(std::string_view id) {
  auto& found = cases[std::string(id)];
  if (found.id.empty()) found.id = id_or_none<CaseId>(id);
  return found;
}

Ruling<std::vector<CaseEvent>> Stage::tell(std::string_view id, const CaseCommand& told) {
  const auto moment = time();
  if (!moment) return std::unexpected(moment.error());
  if (moment->doubt && !stands_without_clock(told)) return std::unexpected(*moment->doubt);
  auto command = told;
  if (auto* given = std::get_if<RecordEvidence>(&command))
    if (const auto tries = failed_.find(concat(state(id).opened.account.account.text(), "/", given->signal.text()));
        tries != failed_.end())
      given->failed_elsewhere = static_cast<std::uint32_t>(std::ranges::count_if(
          tries->second, [&](const Try& t) { return t.in_case != id && t.at >= moment->at - hours(24); }));
  tell_recovery(speech_in(command));
  auto ruling = decide(state(id), command, {organization, moment->at});
  if (!ruling) return ruling;
  for (const auto& event : *ruling) {
    const auto written = write_down(id, event);
    SALLYPORT_ASSERT(written.has_value());
  }
  return ruling;
}

Approve Stage::approval(std::string_view by, std::string_view id, Signing how) {
  const auto& s = state(id);
  const auto staff = id_or_none<StaffId>(by);
  const auto statement = s.identity ? approval_statement(s) : std::string("{}");
  Approve command{staff, sign(by, approval_domain, statement, how), 0, {}};
  count_approvals(command);
  return command;
}

// A list is one approval, whatever is on it.
void Stage::count_approvals(Approve& command) const {
  const auto* member = organization.member(command.by);
  if (member == nullptr) return;
  std::set<Digest> lists;
  if (command.list) lists.insert(command.list->root);
  for (const auto& given : approvals_)
    if (given.person == member->person && given.at >= now - hours(1) &&
        (!given.list || lists.insert(*given.list).second))
      ++command.approvals_1h;
}

void Stage::tell_recovery(const std::optional<Speech>& speech) const {
  const auto* member = speech ? organization.member(*speech->by) : nullptr;
  if (member == nullptr) return;
  if (const auto found = recovered_.find(member->person); found != recovered_.end())
    *speech->since_recovery = now - found->second;
}

std::vector<Approve> Stage::approvals(std::string_view by, const std::vector<std::string>& ids) {
  std::vector<std::string> statements;
  for (const auto& id : ids)
    statements.push_back(state(id).identity ? approval_statement(state(id)) : std::string("{}"));
  const auto places = list_of(statements);
  const auto assertion =
      sign(by, as_approval.listed, list_statement(places.front().root, places.front().size), Signing{});
  std::vector<Approve> out;
  for (const auto& place : places) {
    Approve command{id_or_none<StaffId>(by), assertion, 0, {}, place};
    count_approvals(command);
    out.push_back(std::move(command));
  }
  return out;
}

std::vector<ReviewCase> Stage::reviews(std::string_view by, const std::vector<std::string>& ids, ReviewVerdict verdict,
                                       bool as_list) {
  std::vector<std::string> statements;
  for (const auto& id : ids)
    statements.push_back(state(id).closed ? review_statement(state(id), verdict, "") : std::string("{}"));
  std::vector<ReviewCase> out;
  if (!as_list) {
    for (const auto& statement : statements)
      out.push_back({id_or_none<StaffId>(by), verdict, "", sign(by, as_review.alone, statement, Signing{})});
    return out;
  }
  const auto places = list_of(statements);
  const auto assertion =
      sign(by, as_review.listed, list_statement(places.front().root, places.front().size), Signing{});
  for (const auto& place : places) out.push_back({id_or_none<StaffId>(by), verdict, "", assertion, place});
  return out;
}

Ruling<void> Stage::authorized(std::string_view id, const AccountFacts& seen) {
  if (const auto told = told_by_clock(); !told.believed()) return std::unexpected(clock_not_believed(told));
  const auto& s = state(id);
  const auto mark = concat("\"stream\":\"", case_stream(s.id), "\"");  // canonical: one spelling
  std::vector<std::string> entries;
  std::ranges::copy_if(ledger, std::back_inserter(entries), [&](const auto& e) { return e.contains(mark); });
  const auto found = ExerciseRegister::look_up(s.id, entries, organization, [this](std::uint64_t exercise) {
    const auto kept = plans.find(exercise);
    return kept == plans.end() ? Result<ExercisePlan>(fault(FaultKind::not_found, "its plan is not kept"))
                               : Result<ExercisePlan>(kept->second);
  });
  if (!found) return deny(DenialCode::statement_differs, found.error().what, "look at the ledger");
  const auto* live = std::get_if<LiveCase>(&*found);
  if (live == nullptr) return deny(DenialCode::case_is_exercise, "the case is an exercise's", "nothing to do");
  const auto authorization = authorize(*live, organization, now);
  if (!authorization) return std::unexpected(authorization.error());
  return is_as_recorded(authorization->opened, authorization->opened_at, seen, organization);
}

RecordIntent Stage::intent(std::string_view id) {
  const auto& s = state(id);
  const auto& a = s.opened.account;
  IntentRecorded i;
  i.attempt = s.permit ? s.permit->attempt : 1;
  i.execution = execution_of(s.id, i.attempt);
  i.action = s.opened.action;
  i.directory = a.directory;
  i.account = a.account;
  i.state_token = a.state_token;
  i.marker_from = markers_[a.account.text()];
  i.fence_token = fence_tokens_[a.account.text()] + 1;
  i.marker_to = marker_of_execution(i.fence_token, i.execution);
  i.deadline = now + seconds(30);
  i.lasts = s.opened.requirement.lasts;
  return {i};
}

RecordOutcome Stage::outcome_of(std::string_view id, Outcome outcome, std::string_view refusal) {
  const auto& s = state(id);
  OutcomeRecorded o;
  o.execution = s.intent ? s.intent->execution : execution_of(s.id, 1);
  o.outcome = outcome;
  o.refusal = std::string(refusal);
  if (s.intent) o.marker = outcome == Outcome::done ? s.intent->marker_to : s.intent->marker_from;
  return {o};
}

Result<void> Stage::write_down(const OrganizationEvent& event) {
  const auto at = written_at();
  write(std::string(organization_stream), organization.version, event, at);
  return evolve(organization, event, at);
}

Result<void> Stage::write_down(std::string_view id, const CaseEvent& event) {
  auto& s = cases[std::string(id)];
  const auto at = written_at();
  write(case_stream(s.id), s.version, event, at);
  if (const auto* intent = std::get_if<IntentRecorded>(&event))
    fence_tokens_[intent->account.text()] = intent->fence_token;
  const auto an_hour_ago = [&](const auto& counted) { return counted.second < at - hours(1); };
  if (const auto* approved = std::get_if<ApprovalRecorded>(&event)) {
    std::erase_if(approvals_, [&](const Given& given) { return given.at < at - hours(1); });
    approvals_.push_back({approved->person, at, approved->list ? std::optional(approved->list->root) : std::nullopt});
  }
  if (const auto* opened = std::get_if<CaseOpened>(&event)) {
    std::erase_if(openings_, an_hour_ago);
    openings_.emplace_back(opened->requested_by, at);
  }
  if (const auto* given = std::get_if<EvidenceRecorded>(&event)) {
    auto& tries = failed_[concat(s.opened.account.account.text(), "/", given->evidence.signal.text())];
    if (given->evidence.result == EvidenceResult::passed) tries.clear();
    else tries.push_back({std::string(id), at});
  }
  if (std::holds_alternative<HolderObjected>(event)) objected_[s.opened.account.account] = at;
  const auto* outcome = std::get_if<OutcomeRecorded>(&event);
  if (outcome != nullptr && begins_cooldown(s, *outcome)) recovered_[s.opened.account.holder] = at;
  if (outcome != nullptr && s.intent && outcome->outcome != Outcome::unknown && !outcome->marker.empty())
    markers_[s.intent->account.text()] = outcome->marker;
  return evolve(s, event, at);
}

AuditReport Stage::audit(const std::vector<std::string>& entries) const {
  Readjudicator auditor(proofs_);
  for (std::size_t i = 0; i < entries.size(); ++i) auditor.feed(i, entries[i]);
  return auditor.finish();
}

void Stage::write(std::string stream, std::uint64_t version, LedgerEvent event, Instant at) {
  last_at_ = std::max(last_at_, at);
  ledger.push_back(encode_entry({std::move(stream), version, at, std::move(event)}));
}

}  // namespace sallyport
