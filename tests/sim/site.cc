#include "../tests/sim/site.h"

#include <unordered_map>

#include "app/projection.h"
#include "base/assert.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport::sim {
namespace {

template <typename T>
T certain(Result<T> result) {
  SALLYPORT_ASSERT(result.has_value());
  return *std::move(result);
}

SecretBytes key_material(std::uint8_t fill) { return SecretBytes::take(Bytes(32, fill)); }

harness::SetClock clock_at(Instant at) {
  harness::SetClock out;
  out.at = at;
  return out;
}

Digest open_ledger(Disk& disk, Instant at, const StaffMember& root, const HpkePublicKey& executor_key) {
  LedgerOpened opened;
  opened.origin = "ledger.example.org/simulated";
  opened.environment = Environment::demo;
  opened.rp_id = "example.org";
  opened.origins = {std::string(Stage::origin)};
  opened.root = root;
  opened.executor_key.assign(executor_key.begin(), executor_key.end());
  const LedgerEntry entry{std::string(organization_stream), 0, at, OrganizationEvent(opened)};
  const auto bytes = encode_entry(entry);
  disk.append({entry.stream, 0, {bytes}, project(entry), {}},
              [](const Result<Appended>& written) { SALLYPORT_ASSERT(written.has_value()); });
  disk.flush();
  return hash_leaf(view_of(bytes));
}

}  // namespace

const SoftwareAuthenticator& passkey_of(const std::string& name) {
  static std::unordered_map<std::string, SoftwareAuthenticator> made;
  const auto found = made.find(name);
  if (found != made.end()) return found->second;
  return made.emplace(name, Stage::passkey_of(name)).first->second;
}

StaffMember member_of(const Person& person, Instant ends_at) {
  const auto& authenticator = passkey_of(person.name);
  StaffMember m;
  m.id = *StaffId::parse(person.name);
  m.person = *PersonId::parse(person.natural_person);
  m.organization = *OrganizationId::parse(person.organization);
  m.team = *TeamId::parse(person.team);
  m.roles = person.roles;
  for (const auto& seat : person.seats) m.seats.push_back(*RoleName::parse(seat));
  m.ends_at = ends_at;
  const auto& point = authenticator.public_key().coordinates();
  m.passkey = {authenticator.credential_id(), Bytes(point.begin(), point.end()),
               Bytes(software_authenticator_aaguid.begin(), software_authenticator_aaguid.end()), "none", true};
  return m;
}

SignedAssertion sign(const std::string& name, std::string_view domain, std::string_view statement, Stage::Signing how) {
  const auto& authenticator = passkey_of(name);
  auto made = authenticator.make_assertion(challenge_of(domain, statement), how.origin, 1, how.user_verified);
  return {authenticator.credential_id(), std::move(made.authenticator_data), std::move(made.client_data_json),
          std::move(made.signature)};
}

// -- the recorder ---------------------------------------------------------------------------------
Result<void> RecorderOfSite::record_intent(const CaseId& id, const IntentRecorded& intent) {
  return submit(id, RecordIntent{intent});
}
Result<void> RecorderOfSite::record_outcome(const CaseId& id, const OutcomeRecorded& outcome) {
  return submit(id, RecordOutcome{outcome});
}

Result<void> RecorderOfSite::submit(const CaseId& id, CaseCommand command) {
  const auto answer = std::make_shared<std::optional<CaseAnswer>>();
  adjudicator().submit(id, std::move(command), "executor", {}, [answer](CaseAnswer a) { *answer = std::move(a); });
  wait();
  if (!answer->has_value()) return fault(FaultKind::unavailable, "the gateway does not answer");
  const auto& given = **answer;
  if (!given) return std::unexpected(given.error());
  if (!*given) return fault(FaultKind::rejected, concat(to_string(given->error().code), ": ", given->error().detail));
  return {};
}

// -- the site -------------------------------------------------------------------------------------
Site::Gateway::Gateway(Site& site, std::optional<ClockReading> believed, Instant newest)
    : clock(site.clock, believed, newest),
      adjudicator(certain(Adjudicator::open(site.disk, clock))),
      rows(key_material(3), site.entropy),
      desk(*adjudicator, site.disk, rows, site.entropy, site.post, site.background,
           {{std::string(harness::MemorySite::own_mail_domain)}, "Simulated"}),
      staff(*adjudicator, site.disk, rows, site.entropy),
      exercises(*adjudicator, site.disk, rows, site.entropy),
      waiting(site.directory, clock),
      api({*adjudicator, desk, staff, prover, exercises, site.disk, pages, rows, waiting, site.background, site.entropy,
           "", site.genesis}) {}

Site::ExecutorProcess::ExecutorProcess(Site& site, std::optional<ClockReading> believed, Instant newest)
    : clock(site.clock, believed, newest),
      directory(site.directory, line),
      recorder(site.recorder, line),
      executor({site.disk,
                recorder,
                {{*DirectoryId::parse("corp"), &directory}},
                site.key,
                clock,
                site.genesis,
                site.checked}) {}

Site::Site(Instant at, const StaffMember& root, std::vector<std::shared_ptr<const CheckedProof>> checked_before)
    : clock(clock_at(at)),
      key(certain(HpkePrivateKey::derive(key_material(2)))),
      disk(key_material(1)),
      genesis(open_ledger(disk, at, root, key.public_key())),
      checked(std::move(checked_before)) {
  recorder.adjudicator = [this]() -> Adjudicator& { return adjudicator(); };
  recorder.wait = [this] { disk.flush(); };
  start_gateway();
  for (std::size_t i = 0; i < executors; ++i) start_executor(i);
}

Site::~Site() { disk.lose_power(0); }  // what waits names a gateway that is about to go

void Site::run_to(Instant to) {
  const auto now = true_time();
  if (to <= now) return;
  if (frozen_) clock.set_by = clock.set_by + Duration{(now - to).milliseconds};
  else clock.at = to + clock.set_by;
}

void Site::set_clock(Duration by) {
  clock.at = clock.at + by;
  clock.set_by = clock.set_by + by;
}

void Site::repair_clock() {
  frozen_ = false;
  clock.at = true_time();
  clock.set_by = {};
}

void Site::start_gateway() {
  disk.lose_power(0);
  const auto believed = gateway ? gateway->clock.last_believed() : std::nullopt;
  gateway.reset();
  disk.reopen();
  gateway = std::make_unique<Gateway>(*this, believed, certain(time_of_newest_entry(disk)));
  while (certain(gateway->api.resume())) {
  }
}

void Site::start_executor(std::size_t number) {
  const auto believed = executor[number] ? executor[number]->clock.last_believed() : std::nullopt;
  executor[number] = std::make_unique<ExecutorProcess>(*this, believed, certain(time_of_newest_entry(disk)));
}

}  // namespace sallyport::sim
