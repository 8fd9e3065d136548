#include "../tests/sim/world.h"

#include <algorithm>

#include "../tests/harness/story_world.h"
#include "app/projection.h"
#include "base/assert.h"
#include "core/cases/statement.h"
#include "core/merkle/merkle.h"
#include "core/model/salted_digest.h"
#include "core/policy/attester.h"
#include "crypto/base32.h"
#include "crypto/hash.h"
#include "crypto/totp.h"

namespace sallyport::sim {

using harness::heard;
using harness::refused;

namespace {

Instant instant_of(std::string_view text) { return *instant_from_rfc3339(text); }

constexpr std::array<std::string_view, 6> channels{"phone", "chat", "walk_in", "self_service", "mail", "video"};

// Signatures are drawn anew in each run, and all else of an entry is the seed's.
std::string without_signatures(std::string bytes) {
  static constexpr std::string_view begin = "\"assertion\":{";
  for (auto from = bytes.find(begin); from != std::string::npos; from = bytes.find(begin, from + 1))
    bytes.erase(from + begin.size(), bytes.find('}', from) - from - begin.size());
  return bytes;
}

// The value of "kind" or "stream": the reader here needs no more.
std::string_view word_of(std::string_view bytes, std::string_view key) {
  const auto name = concat("\"", key, "\":\"");
  const auto from = bytes.find(name);
  if (from == std::string_view::npos) return "";
  const auto rest = bytes.substr(from + name.size());
  return rest.substr(0, rest.find('"'));
}

Person root_of_site() {
  Person root;
  root.name = "operator-1";
  root.natural_person = "person.operator-1";
  root.roles = {StaffRole::operator_};
  root.team = "operators";
  return root;
}

Person operator_named(const std::string& name) {
  auto out = root_of_site();
  out.name = name;
  out.natural_person = concat("person.", name);
  return out;
}

constexpr std::string_view appointments_end = "2036-01-01T00:00:00.000Z";

Company company_for(const Policies& policies, std::uint64_t seed) {
  Seeded seeded(seed);
  return company_of(policies, seeded);
}

KnownProofs proofs_of(const Company& company) {
  KnownProofs out{company.policy->proposal.checked};
  if (company.next_policy != nullptr) out.push_back(company.next_policy->proposal.checked);
  return out;
}

}  // namespace

World::World(const Policies& policies, std::uint64_t seed, bool keep_trace, Coverage* coverage)
    : company(company_for(policies, seed)),
      site(std::make_unique<Site>(instant_of(long_ago), member_of(root_of_site(), instant_of(appointments_end)),
                                  proofs_of(company))),
      auditor(instant_of(midnight)),
      keep_trace_(keep_trace),
      coverage_(coverage) {
  cases.emplace_back();
  proofs_ = proofs_of(company);
  readjudicator_ = std::make_unique<Readjudicator>(proofs_);
  tell(concat("seed ", seed, ", policy ", company.policy->name));
  watch();
  set_up();
}

World::~World() = default;

// -- the trace ------------------------------------------------------------------------------------
void World::tell(std::string_view what) {
  if (!keep_trace_) return;
  trace_ += to_rfc3339(site->true_time());
  trace_ += ' ';
  trace_ += what;
  trace_ += '\n';
}

void World::heard(std::uint64_t number, std::string_view what) {
  if (keep_trace_) tell(concat("  step ", number, ": ", what));
}

// -- setting up -----------------------------------------------------------------------------------
void World::watch() {
  site->disk.true_time = [this] { return site->true_time(); };
  site->disk.on_entry = [this](std::uint64_t index, const std::string& bytes, Instant appended_at) {
    ++entries;
    ledger_.push_back(bytes);
    if (keep_trace_)
      tell(concat("  ledger ", index, " ", word_of(bytes, "stream"), " ", word_of(bytes, "kind"), " ",
                  to_hex(sha256(view_of(without_signatures(bytes)))).substr(0, 16)));
    auditor.entry(index, bytes, appended_at);
    readjudicator_->feed(index, bytes);
  };
  site->directory.on_write = [this](const DirectoryWrite& write) {
    ++writes;
    if (keep_trace_) tell(concat("  directory ", write.account, " ", write.marker_from, " -> ", write.marker_to));
    auditor.wrote(write);
  };
  site->directory.on_look = [this](const AccountFacts& facts, const Marker& marker) { auditor.looked(facts, marker); };
  // The genesis entry was written before anybody watched.
  const auto first = site->disk.read_entries(0, 1);
  SALLYPORT_ASSERT(first.has_value());
  site->disk.on_entry(0, first->front().bytes, site->true_time());
}

template <typename Change>
Change World::signed_by(const std::string& by, Change what) {
  const auto organization = site->adjudicator().organization();
  what.signature.number = organization->changes + 1;
  what.signature.by = *StaffId::parse(by);
  what.signature.assertion = sign(by, change_domain, change_statement(*organization, what), {});
  return what;
}

void World::change(OrganizationChange what, bool must_be_allowed) {
  const auto number = step_;
  site->adjudicator().change(std::move(what), [this, number, must_be_allowed](const Result<Ruling<void>>& answer) {
    heard(number, harness::heard(answer));
    SALLYPORT_ASSERT(!must_be_allowed || (answer.has_value() && answer->has_value()));
  });
}

void World::set_up() {
  const auto ends = instant_of(appointments_end);
  for (const auto& name : {company.operators[1], company.operators[2]}) {
    change(signed_by(company.operators[0], StaffEnrolled{member_of(operator_named(name), ends), {}}), true);
    site->disk.flush();
  }
  for (const auto& held : company.accounts) {
    const auto& name = held.facts.account.text();
    site->directory.accounts[name] = {held.facts, held.mail, "", "first password", 1, std::nullopt};
    bind(name);
  }
  site->run_to(instant_of(midnight));
  for (const auto& person : company.people) {  // a second place for one person is refused here, as it should be
    change(signed_by(company.operators[0], StaffEnrolled{member_of(person, site->clock.at + days(90)), {}}));
    site->disk.flush();
  }
  change(signed_by(company.operators[0], company.policy->proposal), true);
  site->disk.flush();
  for (const auto place : {1U, 2U}) {
    change(signed_by(company.operators[place],
                     ChangeApproved{site->adjudicator().organization()->changes - (place - 1), {}}),
           true);
    site->disk.flush();
  }
  SALLYPORT_ASSERT(site->adjudicator().organization()->policy != nullptr);
  batches_of_set_up_ = site->disk.batches();
  // What a crystal loses in the year that went by is hours: every process looks at the clock now, while it is right.
  for (const auto& process : site->executor) (void)process->clock.tell();
}

void World::bind(const std::string& account) {
  const auto record = site->directory.find_by_login(account, site->clock.at);
  SALLYPORT_ASSERT(record.has_value());
  bool invited = false;
  site->gateway->desk.invite(
      *record, *StaffId::parse(company.operators[0]),
      [&](const Result<Ruling<Instant>>& answer) { invited = harness::heard(answer) == harness::allowed; });
  site->disk.flush();
  SALLYPORT_ASSERT(invited);
  auto& drawer = drawers_[account];
  site->gateway->desk.enrol(site->post.code_for(record->mail), [&](Result<Ruling<Enrolled>> answer) {
    SALLYPORT_ASSERT(harness::heard(answer) == harness::allowed);
    drawer.seed = *from_base32(text_of((*answer)->totp_base32.reveal()));
    drawer.codes.clear();
    for (const auto& code : (*answer)->recovery_codes) drawer.codes.emplace_back(text_of(code.reveal()));
  });
  site->disk.flush();
  for (const auto& code : drawer.codes) auditor.canary(code);
}

// -- looking up -----------------------------------------------------------------------------------
std::shared_ptr<const CaseState> World::state_of(std::int64_t number) {
  const auto found = site->adjudicator().find(id_of(number));
  return found ? *found : nullptr;
}

const Person& World::who(std::int64_t number) const {
  return company.people[static_cast<std::size_t>(number) % company.people.size()];
}

const HeldAccount& World::account(std::int64_t number) const {
  return company.accounts[static_cast<std::size_t>(number) % company.accounts.size()];
}

void World::saw(FaultKindSeen fault, std::int64_t number) {
  if (number != 0) {
    cases[static_cast<std::size_t>(number)].faults.insert(fault);
    return;
  }
  for (std::size_t i = 1; i < cases.size(); ++i)
    if (const auto state = state_of(static_cast<std::int64_t>(i)); state && !state->closed)
      cases[i].faults.insert(fault);
}

void World::took_part(std::int64_t number, std::string_view role) {
  const auto place = std::ranges::find(simulated_roles, role) - simulated_roles.begin();
  cases[static_cast<std::size_t>(number)].roles.insert(static_cast<std::size_t>(place));
}

CaseCallback World::case_answer(std::int64_t number, std::function<void(const CaseState&)> then) {
  (void)number;
  return [this, step = step_, then = std::move(then)](const CaseAnswer& answer) {
    heard(step, harness::heard(answer));
    if (answer && *answer && then) then(***answer);
  };
}

void World::submit(std::int64_t number, CaseCommand command, const std::string& by) {
  site->adjudicator().submit(id_of(number), std::move(command), by, {}, case_answer(number, nullptr));
}

template <typename T>
std::function<void(Result<Ruling<T>>)> World::answer_to() {
  return [this, step = step_](const Result<Ruling<T>>& answer) { heard(step, harness::heard(answer)); };
}

// -- a step ---------------------------------------------------------------------------------------
void World::apply(const Step& step) {
  site->run_to(step.at);
  ++step_;
  if (coverage_ != nullptr) coverage_->mark_step(step.kind);
  if (keep_trace_)
    tell(concat("step ", step_, " ", to_string(step.kind), " ", step.a, " ", step.b, " ", step.c, " ", step.d, " ",
                step.e));
  const bool of_case = step.kind <= StepKind::reviews && step.kind != StepKind::opens;
  if (of_case && !is_known(step.a)) return;
  if (step.kind <= StepKind::agrees) people(step);
  else if (step.kind <= StepKind::reconciles) programs(step);
  else failures(step);
  end_of_step();
}

// A shortened list may name cases that nobody opened any more.
bool World::is_known(std::int64_t number) const {
  return number >= 1 && std::cmp_less(number, cases.size()) && !cases[static_cast<std::size_t>(number)].account.empty();
}

void World::end_of_step() {
  // The contract of the store: once its disk has failed, the process stops and another one opens it.
  if (site->disk.broken()) restart_gateway();
}

void World::people(const Step& step) {
  const auto n = step.a;
  switch (+step.kind) {
    case +StepKind::opens: return opens(step);
    case +StepKind::joins:
      took_part(n, "claimant");
      return site->gateway->desk.join(concat("code-of-", id_of(n).text()), answer_to<Joined>());
    case +StepKind::asks_for_mail:
      took_part(n, "claimant");
      return site->gateway->desk.request_mail_code(id_of(n), answer_to<Instant>());
    case +StepKind::gives: return gives(step);
    case +StepKind::seals: return seals(step);
    case +StepKind::approves: return approves(step);
    case +StepKind::approves_list: return approves_list(step);
    case +StepKind::denies:
      took_part(n, "approver");
      return submit(n, DenyCase{*StaffId::parse(who(step.b).name), "no"}, who(step.b).name);
    case +StepKind::cancels:
      took_part(n, "agent");
      return submit(n, CancelCase{*StaffId::parse(who(step.b).name), "stop"}, who(step.b).name);
    case +StepKind::asks:
      return submit(n,
                    RequestExecution{*StaffId::parse(who(step.b).name),
                                     all_actions[static_cast<std::size_t>(step.d) % all_actions.size()]},
                    who(step.b).name);
    case +StepKind::objects: {
      took_part(n, "holder");
      std::optional<StaffId> by;
      if (step.b >= 0) by = *StaffId::parse(who(step.b).name);
      return submit(n, Object{by, "callback"}, step.b >= 0 ? who(step.b).name : "holder");
    }
    case +StepKind::is_told: {
      const auto& ways = site->adjudicator().organization()->policy->notices();
      if (ways.empty()) return;
      const auto& way = ways[static_cast<std::size_t>(step.b) % ways.size()];
      return submit(n, RecordNotice{way.name, instant_of(long_ago), false}, "gateway");
    }
    case +StepKind::reviews: return reviews(step);
    case +StepKind::signs_in: return signs_in(step);
    case +StepKind::leaves:
      gone.insert(who(step.b).name);
      return change(signed_by(company.operators[0], StaffRemoved{*StaffId::parse(who(step.b).name), {}}));
    case +StepKind::proposes_policy:
      if (company.next_policy == nullptr) return;
      proposed = true;
      return change(signed_by(company.operators[0], company.next_policy->proposal));
    default: break;  // agrees
  }
  const auto organization = site->adjudicator().organization();
  if (organization->open.empty()) return;
  for (std::int64_t i = 1; i < static_cast<std::int64_t>(cases.size()); ++i) took_part(i, "operator");
  change(signed_by(company.operators[static_cast<std::size_t>(step.b) % 3],
                   ChangeApproved{organization->open.rbegin()->first, {}}));
}

void World::opens(const Step& step) {
  const auto number = step.a;
  if (number < 1 || number > static_cast<std::int64_t>(case_numbers_max)) return;
  if (std::cmp_less_equal(cases.size(), number)) cases.resize(static_cast<std::size_t>(number) + 1);
  auto& home = cases[static_cast<std::size_t>(number)];
  const auto id = id_of(number);
  const auto& held = account(step.c);
  home.account = held.facts.account.text();
  home.action = all_actions[static_cast<std::size_t>(step.d) % all_actions.size()];
  home.agent = static_cast<std::size_t>(step.b) % company.people.size();
  Seeded seeded(step.seed);
  home.impostor = seeded.one_in(4);
  for (std::size_t s = 1; s < simulated_signals.size(); ++s)
    if (!home.impostor || seeded.one_in(2)) home.can_pass.insert(std::string(simulated_signals[s]));
  took_part(number, "agent");
  const auto found = site->gateway->waiting.find_account(held.facts.account.text());
  if (!found) return heard(step_, found.error().what);
  const auto salt = to_hex(sha256(view_of(id.text())));
  const PrivateMaterial material{found->login, found->display_name, found->mail, "lost handset", salt};
  auto sealed = site->gateway->rows.seal(private_row(id), record_to_json(material));
  SALLYPORT_ASSERT(sealed.has_value());
  OpenCase command;
  command.action = home.action;
  command.account = found->facts;
  command.requested_by = *StaffId::parse(who(step.b).name);
  command.channel = channels[static_cast<std::size_t>(step.e) % channels.size()];
  command.ticket = "INC-1042";
  command.reason = reason_digest(salt, material.reason);
  command.holder = holder_digest(salt, material.login, material.name);
  command.join_code = ClaimantDesk::join_code_digest(concat("code-of-", id.text()));
  site->adjudicator().open_case(id, std::move(command), {{private_row(id), *std::move(sealed)}, {salt_row(id), salt}},
                                case_answer(number, [this, number](const CaseState&) {
                                  cases[static_cast<std::size_t>(number)].answered = true;
                                  ++opened;
                                }));
}

// -- the claimant
void World::gives(const Step& step) {
  auto& home = cases[static_cast<std::size_t>(step.a)];
  const auto place = static_cast<std::size_t>(step.b) % simulated_signals.size();
  const auto name = std::string(simulated_signals[place]);
  const auto how = static_cast<Given>(step.c);
  const auto signal = SignalName::parse(name);
  const auto* rule = site->adjudicator().organization()->policy->signal(*signal);
  home.signals.insert(place);
  took_part(step.a, "claimant");
  if (rule == nullptr) {
    return site->gateway->desk.give(id_of(step.a), *signal, "whatever", answer_to<sallyport::Given>());
  }
  const bool at_desk = name == "totp" || name == "mail_code" || name == "recovery_code";
  if (!at_desk || how == Given::bound_lately || how == Given::changed_lately) return gives_elsewhere(step, *rule);
  auto& drawer = drawers_[home.account];
  std::string code = "00000000";
  if (how == Given::again && home.last_code_of == name) {
    code = home.last_code;
  } else if (how == Given::right) {
    if (name == "totp" && site->clock.at > instant_of(long_ago))
      code = totp_code(drawer.seed, totp_step_at(site->clock.at));
    if (name == "mail_code") code = site->post.code_for(site->directory.accounts[home.account].mail);
    if (name == "recovery_code" && !drawer.codes.empty()) {
      code = drawer.codes.front();
      drawer.codes.pop_front();
    }
    home.last_code = code;
    home.last_code_of = name;
  }
  if (code.empty()) code = "no code has come";
  const auto step_number = step_;
  site->gateway->desk.give(id_of(step.a), *signal, code,
                           [this, step_number, account = home.account](Result<Ruling<sallyport::Given>> answer) {
                             auto said = harness::heard(answer);
                             if (answer && *answer) {
                               said = concat(said, ", ", to_string((*answer)->result));
                               if ((*answer)->replacement)
                                 drawers_[account].codes.emplace_back(text_of((*answer)->replacement->reveal()));
                             }
                             heard(step_number, said);
                           });
}

// What a verifier would say of a signal that this version's desk does not check.
void World::gives_elsewhere(const Step& step, const SignalRule& rule) {
  const auto now = site->adjudicator().now();
  const auto how = static_cast<Given>(step.c);
  if (rule.issued) submit(step.a, RequestSignal{rule.name, minutes(10)}, "claimant");
  RecordEvidence command;
  command.signal = rule.name;
  command.result = how == Given::wrong || how == Given::again ? EvidenceResult::failed : EvidenceResult::passed;
  command.enrolled_at = how == Given::bound_lately ? now - hours(2) : instant_of(long_ago);
  command.unchanged_since = how == Given::changed_lately ? now - days(7) : instant_of(long_ago);
  command.data_at = now - days(1);
  if (const auto attester = sallyport::attester_of(rule)) {
    const auto role = *attester == Attester::agent ? StaffRole::agent : StaffRole::voucher;
    Seeded seeded(step.seed);
    std::vector<std::string> may;
    for (const auto& person : company.people)
      if (person.is(role)) may.push_back(person.name);
    command.attested_by = *StaffId::parse(seeded.pick(may));
    took_part(step.a, role == StaffRole::agent ? "agent" : "voucher");
  }
  command.detail = "as told";
  submit(step.a, command, "claimant");
}

void World::seals(const Step& step) {
  auto& home = cases[static_cast<std::size_t>(step.a)];
  home.password = concat("a new password for case ", step.a, ", number ", step_);
  auditor.canary(home.password);
  const auto ikm = site->entropy.bytes(hpke_ikm_length_min);
  SALLYPORT_ASSERT(ikm.has_value());
  const auto id = id_of(step.a);
  const auto sealed = hpke_seal(site->key.public_key(), view_of(sealed_secret_info), view_of(id.text()),
                                SecretBytes::copy_of(view_of(home.password)), SecretBytes::copy_of(*ikm));
  SALLYPORT_ASSERT(sealed.has_value());
  site->gateway->desk.seal(id, sealed->enc, sealed->ciphertext, answer_to<void>());
}

// -- the staff
void World::approves(const Step& step) {
  took_part(step.a, "approver");
  const auto& person = who(step.b);
  const auto state = state_of(step.a);
  auto statement = state && state->identity ? approval_statement(*state) : std::string("{}");
  const auto how = static_cast<Signed>(step.c);
  if (how == Signed::another_statement) statement = "{\"case\":\"another\"}";
  Stage::Signing signing;
  if (how == Signed::on_another_page) signing.origin = "https://example.org.sign-in.example.net";
  signing.user_verified = how != Signed::by_touch_alone;
  const auto id = *StaffId::parse(person.name);
  site->adjudicator().approve(id_of(step.a), Approve{id, sign(person.name, approval_domain, statement, signing), 0, {}},
                              *PersonId::parse(person.natural_person), case_answer(step.a, nullptr));
}

void World::approves_list(const Step& step) {
  if (!is_known(step.c) || step.c == step.a) return;
  const auto& person = who(step.b);
  std::vector<std::string> statements;
  for (const auto number : {step.a, step.c}) {
    const auto state = state_of(number);
    took_part(number, "approver");
    statements.push_back(state && state->identity ? approval_statement(*state) : std::string("{}"));
  }
  const auto places = list_of(statements);
  const auto id = *StaffId::parse(person.name);
  const auto assertion =
      sign(person.name, as_approval.listed, list_statement(places.front().root, places.front().size), {});
  Adjudicator::CaseCommands commands;
  commands.emplace_back(id_of(step.a), Approve{id, assertion, 0, {}, places[0]});
  commands.emplace_back(id_of(step.c), Approve{id, assertion, 0, {}, places[1]});
  site->adjudicator().approve_list(
      std::move(commands), *PersonId::parse(person.natural_person),
      [this, number = step_](const ListAnswer& answer) { heard(number, harness::heard(answer)); });
}

void World::reviews(const Step& step) {
  took_part(step.a, "reviewer");
  const auto state = state_of(step.a);
  const auto& person = who(step.b);
  const auto verdict = step.c == 1 ? ReviewVerdict::doubtful : ReviewVerdict::proper;
  const auto statement = state && state->closed ? review_statement(*state, verdict, "") : std::string("{}");
  ReviewCase command{*StaffId::parse(person.name), verdict, "", {}, std::nullopt, std::nullopt};
  if (step.d == 1) {
    command.list = list_of(std::vector<std::string>{statement}).front();
    command.assertion = sign(person.name, as_review.listed, list_statement(command.list->root, command.list->size), {});
  } else {
    command.assertion = sign(person.name, as_review.alone, statement, {});
  }
  submit(step.a, command, person.name);
}

void World::signs_in(const Step& step) {
  const auto& person = who(step.b);
  const auto id = *StaffId::parse(person.name);
  const auto asked = site->gateway->staff.challenge(id);
  if (!asked) return heard(step_, asked.error().what);
  site->gateway->staff.sign_in(
      id, asked->nonce, sign(person.name, sign_in_domain, asked->statement, {}),
      [this, number = step_](const Result<Ruling<SignedIn>>& answer) { heard(number, harness::heard(answer)); });
}

// -- the two programs -----------------------------------------------------------------------------
void World::programs(const Step& step) {
  switch (+step.kind) {
    case +StepKind::tick: return site->gateway->api.tick();
    case +StepKind::commit: return site->disk.flush();
    case +StepKind::executes:
    case +StepKind::reconciles:
      if (!is_known(step.a)) return;
      if (step.kind == StepKind::executes) site->directory.next_write = static_cast<FaultyDirectory::Write>(step.c);
      else site->directory.next_fence = static_cast<FaultyDirectory::Write>(step.c);
      executes(step, step.a, static_cast<std::size_t>(step.b) % executors, step.kind == StepKind::reconciles, 0);
      site->directory.next_write = site->directory.next_fence = FaultyDirectory::Write::works;
      return;
    default: return;
  }
}

void World::executes(const Step& step, std::int64_t number, std::size_t executor, bool reconciles, int depth) {
  auto& process = *site->executor[executor];
  const auto kind = static_cast<FaultyDirectory::Write>(step.c);
  if (depth == 0 && step.c != 0 && !reconciles) {
    static constexpr std::array seen{
        FaultKindSeen::none,         FaultKindSeen::write_refused, FaultKindSeen::write_unreachable,
        FaultKindSeen::request_lost, FaultKindSeen::answer_lost,   FaultKindSeen::write_late,
        FaultKindSeen::write_twice,  FaultKindSeen::lied_done,     FaultKindSeen::lied_refused};
    saw(seen[static_cast<std::size_t>(kind)], number);
  }
  std::size_t boundary = 0;
  process.line.at = [&](std::string_view name) {
    ++boundary;
    if (depth == 0 && std::cmp_equal(boundary, step.d)) {
      if (keep_trace_) tell(concat("  executor ", executor, " dies ", name));
      saw(FaultKindSeen::executor_died, number);
      return process.line.cut();
    }
    if (depth == 0) within(step, number, executor, boundary);
  };
  const auto answer = reconciles ? process.executor.reconcile(id_of(number)) : process.executor.execute(id_of(number));
  process.line.at = nullptr;
  auto said = harness::heard(answer);
  if (answer && *answer) said = concat(said, ", ", to_string(**answer));
  if (keep_trace_) tell(concat("  executor ", executor, ": ", said));
  if (process.line.is_cut()) site->start_executor(executor);
}

// What happens elsewhere while the executor waits at a boundary.
void World::within(const Step& step, std::int64_t number, std::size_t executor, std::size_t boundary) {
  Seeded seeded(step.seed + boundary * 0x9E37U);
  if (!seeded.one_in(9)) return;
  const auto other = (executor + 1) % executors;
  auto what = seeded.below(10);
  for (std::size_t i = 1; i < cases.size(); ++i)  // two cases of one account that may act: seldom, and worth a look
    if (std::cmp_not_equal(i, number) && cases[i].account == cases[static_cast<std::size_t>(number)].account)
      if (const auto state = state_of(static_cast<std::int64_t>(i)); state && state->permit && seeded.one_in(2))
        what = 3;
  if (keep_trace_) tell(concat("  meanwhile ", what));
  switch (what) {
    case 0: return site->gateway->api.tick();
    case 1: saw(FaultKindSeen::two_executors, number); return executes(step, number, other, false, 1);
    case 2: saw(FaultKindSeen::two_executors, number); return executes(step, number, other, true, 1);
    case 3:  // another case of the account, if there is one
      for (std::size_t i = 1; i < cases.size(); ++i)
        if (std::cmp_not_equal(i, number) && cases[i].account == cases[static_cast<std::size_t>(number)].account) {
          saw(FaultKindSeen::two_executors, number);
          executes(step, static_cast<std::int64_t>(i), other, seeded.one_in(4), 1);
        }
      return;
    case 4: (void)site->directory.deliver_late(); return;
    case 5: {
      const auto by = seconds(static_cast<std::int64_t>(seeded.below(7200)) - 3600);
      saw(FaultKindSeen::clock_set);
      site->set_clock(by);
      return;
    }
    case 6: return submit(number, Object{std::nullopt, "callback"}, "holder");
    case 7:
      saw(FaultKindSeen::outsider_changed, number);
      return site->directory.change_by_outsider(cases[static_cast<std::size_t>(number)].account);
    case 8: saw(FaultKindSeen::gateway_died); return restart_gateway();
    default: return submit(number, CancelCase{*StaffId::parse(company.operators[1]), "stop"}, company.operators[1]);
  }
}

void World::restart_gateway() {
  if (keep_trace_) tell("  the gateway is started anew");
  // What it knew of cases that wait for nothing must be what the next one reads.
  std::map<std::size_t, std::string> knew;
  const bool quiet = site->disk.waiting() == 0 && !site->disk.broken();
  for (std::size_t i = 1; quiet && i < cases.size(); ++i)
    if (const auto state = state_of(static_cast<std::int64_t>(i)))
      knew[i] = concat(to_text(summary_of(*state)), state->version);
  site->start_gateway();
  for (const auto& [number, before] : knew) {
    const auto state = state_of(static_cast<std::int64_t>(number));
    auditor.expect(state && concat(to_text(summary_of(*state)), state->version) == before, 30,
                   concat("case ", number, " is another one after the gateway was started anew"));
  }
}

// -- what fails -----------------------------------------------------------------------------------
void World::failures(const Step& step) {
  const auto& name = account(step.c).facts.account.text();
  switch (+step.kind) {
    case +StepKind::executor_dies: return site->start_executor(static_cast<std::size_t>(step.b) % executors);
    case +StepKind::gateway_dies:
      saw(FaultKindSeen::gateway_died);
      if (site->disk.waiting() == 0) return restart_gateway();
      site->disk.lose_power(static_cast<std::size_t>(step.c));
      return site->start_gateway();  // its memory ran ahead of the disk, and nobody was told
    case +StepKind::disk_is_full: saw(FaultKindSeen::disk_full); return site->disk.fail(Disk::Failure::full, 0);
    case +StepKind::fsync_fails:
      saw(FaultKindSeen::fsync_failed);
      return site->disk.fail(Disk::Failure::fsync_fails, static_cast<std::size_t>(step.c));
    case +StepKind::disk_has_room: return site->disk.make_room();
    case +StepKind::ledger_put_back: return put_ledger_back(static_cast<std::size_t>(step.c));
    case +StepKind::directory_away:
      saw(FaultKindSeen::directory_away);
      site->directory.is_away = true;
      return;
    case +StepKind::directory_back: site->directory.is_away = false; return;
    case +StepKind::directory_kept:
      directory_writes_kept_ = site->directory.writes();
      return site->directory.keep_backup();
    case +StepKind::directory_put_back: {
      if (!site->directory.has_backup()) return;
      saw(FaultKindSeen::directory_put_back);
      directory_lied_ = true;
      site->directory.put_back();
      std::map<std::string, Marker> markers;
      for (const auto& [login, held] : site->directory.accounts) markers[login] = held.marker;
      return auditor.directory_put_back(directory_writes_kept_, markers);
    }
    case +StepKind::outsider_changes:
      saw(FaultKindSeen::outsider_changed);
      return site->directory.change_by_outsider(name);
    case +StepKind::outsider_marks:
      saw(FaultKindSeen::outsider_marked);
      directory_lied_ = true;
      return site->directory.mark_by_outsider(name, "somebody-else");
    case +StepKind::marker_repaired: {  // to what the ledger says: a person has looked
      if (site->directory.accounts[name].marker != "somebody-else") return;
      for (std::size_t i = cases.size(); i-- > 1;)
        if (const auto state = state_of(static_cast<std::int64_t>(i));
            state && state->intent && cases[i].account == name)
          return site->directory.mark_by_outsider(name, state->intent->marker_from);
      return;
    }
    case +StepKind::account_becomes: {
      saw(FaultKindSeen::account_changed);
      auto& facts = site->directory.accounts[name].facts;
      switch (step.d % 4) {
        case 0: facts.admin = true; return;
        case 1: facts.employment = "leaver"; return;
        case 2: facts.active = false; return;
        default:
          if (std::ranges::find(facts.groups, "Privileged") == facts.groups.end())
            facts.groups.emplace_back("Privileged");
          std::ranges::sort(facts.groups);
          return;
      }
    }
    case +StepKind::late_arrives: (void)site->directory.deliver_late(); return;
    case +StepKind::next_look:
      site->directory.next_look = static_cast<FaultyDirectory::Look>(step.c);
      directory_lied_ = directory_lied_ || step.c >= static_cast<std::int64_t>(FaultyDirectory::Look::is_stale);
      return saw(step.c == 1   ? FaultKindSeen::look_failed
                 : step.c == 2 ? FaultKindSeen::look_stale
                               : FaultKindSeen::look_nonsense);
    case +StepKind::clock_set: saw(FaultKindSeen::clock_set); return site->set_clock({step.c});
    case +StepKind::clock_freezes: saw(FaultKindSeen::clock_frozen); return site->freeze();
    case +StepKind::clock_repaired: return site->repair_clock();
    case +StepKind::mail_fate:
      site->post.next = static_cast<Post::Fate>(step.c);
      return saw(step.c == 3 ? FaultKindSeen::mail_late : FaultKindSeen::mail_lost);
    case +StepKind::mail_arrives: (void)site->post.deliver_late(); return;
    default: return;
  }
}

void World::put_ledger_back(std::size_t batches) {
  site->disk.lose_power(0);
  // Never to before the company was set up: that is another company.
  const auto left = std::max(batches_of_set_up_, site->disk.batches() - std::min(batches, site->disk.batches()));
  site->disk.put_back(left);
  const auto first_page = site->disk.latest_checkpoint();
  SALLYPORT_ASSERT(first_page.has_value());
  saw(FaultKindSeen::ledger_put_back);
  std::uint64_t kept = 0;
  while (true) {
    const auto more = site->disk.read_entries(kept, 1000);
    SALLYPORT_ASSERT(more.has_value());
    kept += more->size();
    if (more->size() < 1000) break;
  }
  ledger_.resize(kept);
  auditor.ledger_put_back(kept);
  readjudicator_ = std::make_unique<Readjudicator>(proofs_);
  for (std::uint64_t i = 0; i < kept; ++i) readjudicator_->feed(i, ledger_[i]);
  site->start_gateway();
  for (std::size_t i = 0; i < executors; ++i) site->start_executor(i);
}

// -- the end --------------------------------------------------------------------------------------
void World::finish() {
  ++step_;
  tell("the world is set right");
  site->repair_clock();
  site->disk.flush();
  site->disk.make_room();
  restart_gateway();
  site->directory.is_away = false;
  site->directory.next_look = FaultyDirectory::Look::works;
  while (site->directory.deliver_late()) {
  }
  for (int round = 0; round < 3; ++round) {
    site->run_to(site->true_time() + minutes(1));
    site->gateway->api.tick();
    site->disk.flush();
    for (std::size_t number = 1; number < cases.size(); ++number) {
      const auto state = state_of(static_cast<std::int64_t>(number));
      if (state && state->intent) executes({}, static_cast<std::int64_t>(number), 0, true, 1);
    }
  }
  for (std::size_t number = 1; number < cases.size(); ++number)
    if (const auto state = state_of(static_cast<std::int64_t>(number)))
      done += state->closed && state->closed->result == CaseResult::done ? 1 : 0;
  auditor.end();
  audit(true);
  check_root();
  check_views();
  mark_coverage();
}

void World::audit(bool at_end) {
  (void)at_end;
  const auto report = readjudicator_->finish();
  for (const auto& finding : report.findings) {
    // An honest ledger tells of a directory that was put back, or written by somebody else.
    if (directory_lied_ && finding.text.contains("the account's marker is not what the ledger left there")) continue;
    auditor.expect(false, 4, concat("the audit finds at entry ", finding.entry, ": ", finding.text));
  }
  auditor.expect(true, 4, "");
}

namespace {

// RFC 9162, section 2.1.1, as it stands there.
Digest tree_head(const std::vector<std::string>& entries, std::size_t from, std::size_t count) {
  if (count == 1) return sha256(view_of(concat(std::string_view("\0", 1), entries[from])));
  std::size_t half = 1;
  while (half * 2 < count) half *= 2;
  const auto left = tree_head(entries, from, half);
  const auto right = tree_head(entries, from + half, count - half);
  Bytes both{1};
  both.insert(both.end(), left.bytes.begin(), left.bytes.end());
  both.insert(both.end(), right.bytes.begin(), right.bytes.end());
  return sha256(both);
}

}  // namespace

void World::check_root() {
  const auto note = site->disk.latest_checkpoint();
  SALLYPORT_ASSERT(note.has_value());
  const auto checkpoint = parse_checkpoint_body(std::string_view(*note).substr(0, note->find("\n\n") + 1));
  auditor.expect(checkpoint.has_value() && checkpoint->size == ledger_.size() &&
                     checkpoint->root == tree_head(ledger_, 0, ledger_.size()),
                 28, "the newest checkpoint is not that of the entries");
}

void World::check_views() {
  ViewRebuilder rebuilder;
  std::map<std::string, std::string> rebuilt;
  for (std::uint64_t i = 0; i < ledger_.size(); ++i) {
    const auto rows = rebuilder.rows_of({i, 0, ledger_[i]});
    auditor.expect(rows.has_value(), 30, "the views cannot be rebuilt");
    if (!rows) return;
    for (const auto& row : *rows) {
      if (row.value) rebuilt[row.key] = *row.value;
      else rebuilt.erase(row.key);
    }
  }
  std::string after;
  std::size_t seen = 0;
  while (true) {
    const auto rows = site->disk.list_view("", after, 500);
    SALLYPORT_ASSERT(rows.has_value());
    for (const auto& row : *rows) {
      const auto found = rebuilt.find(row.key);
      auditor.expect(found != rebuilt.end() && found->second == row.value, 30,
                     concat("the view row `", row.key, "` is not what the ledger gives"));
    }
    seen += rows->size();
    if (rows->size() < 500) break;
    after = rows->back().key + std::string(1, '\0');
  }
  auditor.expect(seen == rebuilt.size(), 30,
                 concat("the views have ", seen, " rows and the ledger gives ", rebuilt.size()));
}

void World::mark_coverage() {
  if (coverage_ == nullptr) return;
  for (std::size_t i = 1; i < cases.size(); ++i) {
    auto& home = cases[i];
    if (home.faults.empty()) home.faults.insert(FaultKindSeen::none);
    if (home.signals.empty()) home.signals.insert(0);
    for (const auto signal : home.signals)
      for (const auto fault : home.faults)
        for (const auto role : home.roles) coverage_->mark(home.action, signal, fault, role);
    coverage_->mark_temperament(company.people[home.agent].temperament);
  }
}

}  // namespace sallyport::sim
