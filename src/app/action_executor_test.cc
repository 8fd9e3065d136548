// The executor beside a daemon that tells the truth, and beside ones that do not.
#include "app/action_executor.h"

#include <gtest/gtest.h>

#include <functional>

#include "../tests/support/small_world.h"
#include "app/exercise_rows.h"
#include "app/sealed_rows.h"
#include "base/limits.h"

namespace sallyport {
namespace {

// The ledger of a small world as the executor reads it.
class WorldLedger final : public EventReader {
 public:
  explicit WorldLedger(SmallWorld& world) : world_(world) {}

  std::map<std::string, std::string> view, secrets;
  std::size_t cut_off = 0;  // newest entries that a lying daemon does not show

  Result<std::vector<StoredEntry>> read_stream(const std::string& stream, std::uint64_t from) const override {
    std::vector<StoredEntry> out;
    for (std::size_t i = 0; i + cut_off < world_.ledger.size(); ++i) {
      const auto entry = decode_entry(world_.ledger[i]);
      if (entry && entry->stream == stream && entry->version >= from)
        out.push_back({i, entry->version, world_.ledger[i]});
    }
    return out;
  }
  Result<std::optional<std::string>> read_view(const std::string& key) const override { return at(view, key); }
  Result<std::optional<std::string>> read_secret(const std::string& key) const override { return at(secrets, key); }
  Result<std::vector<Row>> list_view(const std::string& prefix, const std::string&, std::size_t) const override {
    std::vector<Row> rows;
    for (const auto& [key, value] : view)
      if (key.starts_with(prefix)) rows.push_back({key, value});
    return rows;
  }
  Result<std::vector<StoredEntry>> read_entries(std::uint64_t, std::size_t) const override { return not_asked(); }
  Result<std::vector<Digest>> read_leaf_hashes(std::uint64_t, std::size_t) const override { return not_asked(); }
  Result<Digest> read_node(unsigned, std::uint64_t) const override { return not_asked(); }
  Result<std::string> latest_checkpoint() const override { return not_asked(); }

 private:
  static Result<std::optional<std::string>> at(const std::map<std::string, std::string>& rows, const std::string& key) {
    const auto found = rows.find(key);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  static std::unexpected<Fault> not_asked() { return fault(FaultKind::unavailable, "the executor does not ask this"); }

  SmallWorld& world_;
};

class WorldRecorder final : public CaseRecorder {
 public:
  WorldRecorder(SmallWorld& world, WorldLedger& ledger) : world_(world), ledger_(ledger) {}
  bool lies = false;  // says that it recorded, and did not
  Duration takes;     // how long an intent is under way
  std::function<void()> meanwhile = [] {};

  Result<void> record_intent(const CaseId& id, const IntentRecorded& intent) override {
    if (lies) return {};
    world_.wait(takes);
    meanwhile();
    if (auto ok = submit(id, RecordIntent{intent}); !ok) return ok;
    ledger_.view[concat("fence/", intent.directory.text(), "/", intent.account.text())] =
        std::to_string(intent.fence_token);
    return {};
  }
  Result<void> record_outcome(const CaseId& id, const OutcomeRecorded& outcome) override {
    return submit(id, RecordOutcome{outcome});
  }

 private:
  Result<void> submit(const CaseId& id, const CaseCommand& command) {
    if (const auto ruling = world_.tell(id.text(), command); !ruling)
      return fault(FaultKind::rejected, ruling.error().detail);
    return {};
  }
  SmallWorld& world_;
  WorldLedger& ledger_;
};

// One account, and how often it was written.
class OneAccount final : public Directory {
 public:
  explicit OneAccount(AccountFacts facts) : facts_(std::move(facts)) {}

  Marker marker;
  std::string name = "Paul Sample";
  int writes = 0;
  bool loses_request = false, loses_answer = false;
  std::string password;

  Result<AccountRecord> find_by_login(std::string_view, Instant) override {
    return fault(FaultKind::not_found, "the executor does not act by login");
  }
  Result<AccountRecord> find_by_id(const AccountId& account, Instant now) override {
    if (account != facts_.account) return fault(FaultKind::not_found, "no such account");
    AccountRecord record;
    record.facts = facts_;
    record.facts.read_at = now;
    record.login = "paul";
    record.display_name = name;
    record.marker = marker;
    return record;
  }
  Result<Observation> observe(const AccountId&) override { return Observation{marker, facts_.locked, "v"}; }
  WriteResult act(const AuthorizedAction& action, const Marker& from, const Marker& to,
                  const SecretBytes* secret) override {
    if (loses_request) return {WriteOutcome::unknown, Refusal::none, "no answer"};
    if (marker != from || action.state_token() != facts_.state_token)
      return {WriteOutcome::not_done, Refusal::state_changed, "changed"};
    ++writes;
    marker = to;
    if (secret) password = text_of(secret->reveal());
    if (loses_answer) return {WriteOutcome::unknown, Refusal::none, "no answer"};
    return {WriteOutcome::done, Refusal::none, ""};
  }
  WriteResult fence(const AccountId&, const Marker& from, const Marker& to) override {
    if (marker != from) return {WriteOutcome::not_done, Refusal::state_changed, "changed"};
    marker = to;
    return {WriteOutcome::done, Refusal::none, ""};
  }
  AccountFacts& facts() { return facts_; }

 private:
  AccountFacts facts_;
};

class WorldClock final : public Clock {
 public:
  explicit WorldClock(const SmallWorld& world) : world_(world) {}
  Duration set_by;  // by somebody
  Instant now() const override { return world_.now + set_by; }
  Duration elapsed() const override { return world_.now - Instant{}; }

 private:
  const SmallWorld& world_;
};

HpkePrivateKey executor_key() { return *HpkePrivateKey::derive(SecretBytes::take(Bytes(32, 7))); }

class Executing : public testing::Test {
 protected:
  SmallWorld world_;
  WorldLedger ledger_{world_};
  WorldRecorder recorder_{world_, ledger_};
  OneAccount directory_{world_.account("paul")};
  WorldClock clock_{world_};
  WatchedClock watched_{clock_};
  HpkePrivateKey key_ = executor_key();
  const CaseId id_ = id_of<CaseId>("c-1");
  ActionExecutor executor_{{ledger_,
                            recorder_,
                            {{id_of<DirectoryId>("corp"), &directory_}},
                            key_,
                            watched_,
                            hash_leaf(view_of(world_.ledger.front()))}};

  Executing() { ledger_.secrets[salt_row(id_)] = std::string(SmallWorld::salt); }

  std::optional<DenialCode> denied() {
    const auto result = executor_.execute(id_);
    EXPECT_TRUE(result.has_value()) << result.error().what;
    return result && !*result ? std::optional((*result).error().code) : std::nullopt;
  }
  [[nodiscard]] bool intended() const {
    const auto entries = world_.entries_of("c-1");
    return std::ranges::any_of(entries, [](const auto& e) { return e.find("intent_recorded") != e.npos; });
  }
};

TEST_F(Executing, acts_once_on_what_was_permitted) {
  world_.ready("c-1", Action::unlock);
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::done);
  EXPECT_EQ(directory_.writes, 1);
  EXPECT_EQ(world_.state("c-1").closed->result, CaseResult::done);
  EXPECT_EQ(denied(), DenialCode::case_closed);
  EXPECT_EQ(directory_.writes, 1);
  EXPECT_TRUE(world_.audit().findings.empty());
}

TEST_F(Executing, opens_the_sealed_password_of_this_case_alone) {
  world_.open("c-1", Action::password_reset);
  world_.give("c-1", "totp");
  world_.give("c-1", "recovery_code");
  const auto sealed_for = [&](std::string_view id) {
    const auto sealed = hpke_seal(key_.public_key(), view_of(sealed_secret_info), view_of(id),
                                  SecretBytes::copy_of(view_of(std::string_view("a long new password"))),
                                  SecretBytes::take(Bytes(32, 9)));
    return to_text(
        Json::object({{"enc", to_base64url(sealed->enc)}, {"ciphertext", to_base64url(sealed->ciphertext)}}));
  };
  const auto row = sealed_for("c-2");  // taken from another case
  ledger_.secrets[sealed_secret_row(id_)] = row;
  EXPECT_EQ(world_.told("c-1", SealSecret{sha256(view_of(row))}), std::nullopt);
  EXPECT_EQ(world_.approve("lea", "c-1"), std::nullopt);
  const auto refused = executor_.execute(id_);
  EXPECT_TRUE(!refused || !*refused || **refused == Outcome::not_done);
  EXPECT_EQ(directory_.writes, 0);

  const auto right = sealed_for("c-1");
  ledger_.secrets[sealed_secret_row(id_)] = right;
  if (world_.told("c-1", SealSecret{sha256(view_of(right))}) == std::nullopt) {
    const auto outcome = executor_.execute(id_);
    ASSERT_TRUE(outcome && *outcome);
    EXPECT_EQ(**outcome, Outcome::done);
    EXPECT_EQ(directory_.password, "a long new password");
  }
}

TEST_F(Executing, acts_not_when_the_ledger_makes_less_of_the_account_than_it_is) {
  directory_.facts().groups = {"Domain Admins"};  // the daemon left the group out, and with it the vault
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(denied(), DenialCode::account_changed);
  EXPECT_FALSE(intended());
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, acts_not_for_another_holder_than_the_directory_names) {
  directory_.facts().holder = id_of<PersonId>("person.lea");  // the approver's own account
  world_.ready("c-1", Action::password_reset);
  ledger_.secrets[sealed_secret_row(id_)] = "sealed password";
  const auto result = executor_.execute(id_);
  EXPECT_FALSE(result && *result);
  EXPECT_FALSE(intended());
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, acts_not_for_another_name_than_the_approver_was_shown) {
  directory_.name = "Carla Chief";  // the account is hers; the statement spoke of Paul
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(denied(), DenialCode::account_changed);
  directory_.name = "Paul Sample";
  ledger_.secrets.clear();  // the salt is gone, so nobody can say whose name was shown
  EXPECT_EQ(denied(), DenialCode::account_changed);
  EXPECT_FALSE(intended());
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, waits_while_another_execution_on_the_account_has_no_outcome) {
  world_.ready("c-2", Action::unlock);
  EXPECT_EQ(world_.intend("c-2"), std::nullopt);
  ledger_.view["executing/c-2"] = "";
  ledger_.view["fence/corp/paul"] = "1";
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(denied(), DenialCode::execution_in_progress);
  EXPECT_FALSE(intended());
}

TEST_F(Executing, begins_nothing_by_a_clock_that_somebody_has_set) {
  EXPECT_TRUE(watched_.tell().believed());
  world_.ready("c-1", Action::unlock);
  for (const auto by : {clock_step_max + Duration{1}, Duration{-clock_step_max.milliseconds - 1}, hours(24)}) {
    clock_.set_by = by;
    EXPECT_EQ(denied(), DenialCode::clock_not_believed);
    EXPECT_FALSE(intended());
  }
  EXPECT_EQ(directory_.writes, 0);
  clock_.set_by = clock_step_max;  // as far as a time service may step it
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::done);
}

TEST_F(Executing, sends_nothing_when_somebody_has_set_the_clock_after_the_intent) {
  EXPECT_TRUE(watched_.tell().believed());
  world_.ready("c-1", Action::unlock);
  recorder_.meanwhile = [this] { clock_.set_by = seconds(6); };
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::not_done);
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_TRUE(intended());  // and its outcome is recorded all the same
  EXPECT_TRUE(world_.state("c-1").last_outcome.has_value());
  EXPECT_TRUE(world_.audit().findings.empty());
}

TEST_F(Executing, finds_out_what_became_of_a_deed_though_the_clock_is_not_believed) {
  EXPECT_TRUE(watched_.tell().believed());
  world_.ready("c-1", Action::unlock);
  ASSERT_EQ(world_.intend("c-1"), std::nullopt);
  directory_.marker = world_.state("c-1").intent->marker_to;  // it was written, and the answer was lost
  clock_.set_by = hours(24);
  const auto outcome = executor_.reconcile(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::done);
  EXPECT_EQ(world_.state("c-1").closed->result, CaseResult::done);
}

TEST_F(Executing, sends_nothing_when_the_time_has_run_out) {
  world_.ready("c-1", Action::unlock);
  recorder_.takes = intent_deadline;  // the daemon answers so late
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::not_done);
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_TRUE(world_.audit().findings.empty());
}

// A daemon in an attacker's hands writes an intent that nobody was entitled to, to have the marker moved.
TEST_F(Executing, fences_nothing_for_an_intent_that_nobody_was_entitled_to) {
  world_.ready("c-1", Action::unlock);
  auto forged = world_.intent("c-1").intent;
  forged.fence_token = 9;
  forged.marker_to = marker_of_execution(9, forged.execution);
  forged.state_token = "another account's";
  world_.record("c-1", forged);
  const auto outcome = executor_.reconcile(id_);
  EXPECT_FALSE(outcome.has_value());
  EXPECT_EQ(directory_.marker, "");
}

TEST_F(Executing, a_lock_by_failed_sign_ins_meanwhile_is_no_matter) {
  world_.ready("c-1", Action::unlock);
  directory_.facts().locked = true;
  EXPECT_EQ(denied(), std::nullopt);
  EXPECT_EQ(directory_.writes, 1);
}

TEST_F(Executing, a_changed_account_ends_the_case_unwritten) {
  world_.ready("c-1", Action::unlock);
  directory_.facts().state_token = "another state";
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::not_done);
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_EQ(world_.state("c-1").closed->result, CaseResult::failed);
}

TEST_F(Executing, no_log_no_act) {
  world_.ready("c-1", Action::unlock);
  recorder_.lies = true;
  EXPECT_FALSE(executor_.execute(id_).has_value());
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_EQ(directory_.marker, "");
}

TEST_F(Executing, a_ledger_with_another_beginning_is_not_believed) {
  SmallWorld other;
  other.ready("c-1", Action::unlock);
  auto& entries = world_.ledger;
  world_.ready("c-1", Action::unlock);
  auto changed = entries;
  changed.front() = encode_entry({std::string(organization_stream), 0, world_.now, OrganizationEvent([&] {
                                    auto opened = world_.organization.opened;
                                    opened.environment = Environment::production;
                                    return opened;
                                  }())});
  entries = changed;
  EXPECT_FALSE(executor_.execute(id_).has_value());
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, a_policy_that_was_proposed_with_its_proof_is_acted_under) {
  world_.activate(concat(small_policy, "# another day\n"));
  world_.ready("c-1", Action::unlock);
  EXPECT_TRUE(executor_.execute(id_).has_value());
  EXPECT_EQ(directory_.writes, 1);
}

// Three operators signed it, and a hostile daemon recorded it.
TEST_F(Executing, a_policy_without_its_proof_is_not) {
  auto unproved = SmallWorld::proposal(concat(small_policy, "# another day\n"));
  unproved.certificate = "{}";
  const auto proposed = world_.signed_by("olga", unproved);
  for (const auto& part : parts_of(proposed.certificate)) world_.record(OrganizationEvent(part));
  world_.record(OrganizationEvent(
      PolicyProposed{proposed.text, proposed.organization, sha256(view_of(proposed.certificate)), proposed.signature}));
  const auto number = world_.organization.changes;
  for (const auto* by : {"otis", "otto"})
    world_.record(OrganizationEvent(world_.signed_by(by, ChangeApproved{number, {}})));
  ASSERT_EQ(world_.organization.policy->text(), proposed.text);
  world_.ready("c-1", Action::unlock);
  const auto executed = executor_.execute(id_);
  ASSERT_FALSE(executed.has_value());
  EXPECT_NE(executed.error().what.find("the policy in force is not proved"), std::string::npos);
  EXPECT_EQ(directory_.writes, 0);
}

// What one operator rejected is closed for the executor as well, whatever a hostile daemon goes on to record.
TEST_F(Executing, a_policy_that_was_rejected_is_not_acted_under) {
  const auto text = concat(small_policy, "# another day\n");
  EXPECT_EQ(world_.change(world_.signed_by("ann", SmallWorld::proposal(text))), std::nullopt);
  const auto number = world_.organization.changes;
  EXPECT_EQ(world_.agree("otis", number), std::nullopt);
  auto as_if_open = world_;
  EXPECT_EQ(world_.reject("olga", number, "not today"), std::nullopt);
  world_.ready("c-1", Action::unlock);
  as_if_open.organization.changes = world_.organization.changes;
  const auto late = as_if_open.signed_by("otto", ChangeApproved{number, {}});
  const auto honest = world_.ledger;
  world_.ledger.push_back(encode_entry(
      {std::string(organization_stream), world_.organization.version, world_.now, OrganizationEvent(late)}));
  EXPECT_FALSE(executor_.execute(id_).has_value());
  EXPECT_EQ(directory_.writes, 0);
  world_.ledger = honest;
  EXPECT_EQ(denied(), std::nullopt);
  EXPECT_EQ(directory_.writes, 1);
}

TEST_F(Executing, a_ledger_that_lost_history_is_not_acted_upon) {
  world_.ready("c-1", Action::unlock);
  directory_.marker = marker_of_execution(3, id_of<ExecutionId>("earlier.1"));  // the ledger knows of none
  EXPECT_FALSE(executor_.execute(id_).has_value());
  EXPECT_FALSE(intended());
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, a_case_whose_permit_is_not_shown_is_not_acted_upon) {
  world_.ready("c-1", Action::unlock);
  ledger_.cut_off = 1;
  EXPECT_EQ(denied(), DenialCode::approvals_missing);
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(Executing, a_lost_answer_is_found_out_and_done_once) {
  world_.ready("c-1", Action::unlock);
  directory_.loses_answer = true;
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::done);
  EXPECT_TRUE(world_.state("c-1").last_outcome->reconciled);
  EXPECT_EQ(directory_.writes, 1);
}

TEST_F(Executing, a_lost_request_is_fenced_and_cannot_happen_any_more) {
  world_.ready("c-1", Action::unlock);
  directory_.loses_request = true;
  const auto outcome = executor_.execute(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::not_done);
  EXPECT_EQ(directory_.marker, marker_of_fence(1, execution_of(id_, 1)));
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_TRUE(world_.audit().findings.empty());
}

TEST_F(Executing, a_marker_of_somebody_else_leaves_the_outcome_to_a_person) {
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(world_.intend("c-1"), std::nullopt);
  directory_.marker = "e7:somebody.else";
  const auto outcome = executor_.reconcile(id_);
  ASSERT_TRUE(outcome && *outcome);
  EXPECT_EQ(**outcome, Outcome::unknown);
  EXPECT_EQ(directory_.marker, "e7:somebody.else");
  EXPECT_FALSE(world_.state("c-1").closed);
}

// -- exercises ------------------------------------------------------------------------------------
class NoSurprises final : public Entropy {
 public:
  Result<Bytes> bytes(std::size_t count) override { return Bytes(count, 5); }
};

// One is sealed on paul's account, and its plan is kept as the daemon keeps it.
class ExecutingInAnExercise : public Executing {
 protected:
  ExecutingInAnExercise() {
    plan_.directory = id_of<DirectoryId>("corp");
    plan_.account = world_.account("paul").account;
    plan_.from = world_.now;
    plan_.until = world_.now + hours(4);
    plan_.pretext = "a flight in an hour";
    plan_.salt = Bytes(exercise_salt_bytes, 7);
    EXPECT_EQ(world_.change(world_.signed_by("olga", ExerciseSealed{commitment_of(plan_), plan_.until, {}})),
              std::nullopt);
    number_ = world_.organization.changes;
    keep(plan_);
    world_.wait(seconds(1));
  }
  void keep(const ExercisePlan& plan) {
    NoSurprises entropy;
    ledger_.secrets[exercise_row_of_executor(number_)] =
        *seal_plan_to_executor(ByteView(key_.public_key()), number_, plan, entropy);
  }

  ExercisePlan plan_;
  std::uint64_t number_ = 0;
};

TEST_F(ExecutingInAnExercise, does_nothing_however_complete_the_case_is) {
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(denied(), DenialCode::case_is_exercise);
  EXPECT_FALSE(intended());
  EXPECT_EQ(directory_.marker, "");
  EXPECT_EQ(directory_.writes, 0);
}

TEST_F(ExecutingInAnExercise, acts_in_the_case_that_was_opened_when_it_was_over) {
  world_.now = plan_.until;
  world_.ready("c-1", Action::unlock);
  EXPECT_EQ(denied(), std::nullopt);
  EXPECT_EQ(directory_.writes, 1);
}

// A daemon in an attacker's hands keeps another account's plan, or none, so that the case passes for a real one.
TEST_F(ExecutingInAnExercise, believes_no_other_plan_than_the_one_that_was_sealed) {
  world_.ready("c-1", Action::unlock);
  auto other = plan_;
  other.account = id_of<AccountId>("petra");
  keep(other);
  EXPECT_FALSE(executor_.execute(id_).has_value());
  const auto row = exercise_row_of_executor(number_);
  ledger_.secrets[row] = "{}";
  EXPECT_FALSE(executor_.execute(id_).has_value());
  ledger_.secrets.erase(row);
  EXPECT_FALSE(executor_.execute(id_).has_value());
  keep(plan_);
  ledger_.secrets[exercise_row_of_executor(number_ + 1)] = ledger_.secrets[row];
  EXPECT_FALSE(read_plan_as_executor(ledger_, key_, number_ + 1).has_value());  // it is bound to its row
  EXPECT_EQ(directory_.writes, 0);
  EXPECT_FALSE(intended());
}

// It writes an intent into the exercise's case, to have at least the marker moved.
TEST_F(ExecutingInAnExercise, fences_nothing) {
  world_.ready("c-1", Action::unlock);
  world_.record("c-1", world_.intent("c-1").intent);
  const auto outcome = executor_.reconcile(id_);
  ASSERT_TRUE(outcome.has_value());
  ASSERT_FALSE(outcome->has_value());
  EXPECT_EQ(outcome->error().code, DenialCode::case_is_exercise);
  EXPECT_EQ(directory_.marker, "");
}

}  // namespace
}  // namespace sallyport
