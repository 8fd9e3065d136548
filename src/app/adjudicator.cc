#include "app/adjudicator.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <set>

#include "app/projection.h"
#include "app/sealed_rows.h"
#include "base/invariant.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/cases/invariants.h"
#include "core/cases/without_clock.h"
#include "core/ledger/readjudicate.h"

namespace sallyport {
namespace {

constexpr std::uint32_t recent_cases_read_max = 1000;  // more than any policy allows in a day
constexpr std::size_t listeners_per_case_max =
    4;  // a claimant's open pages; more is somebody holding the server's seats
constexpr std::size_t listeners_max = 4096;  // browsers that wait for news of their case

// A value that was handed to the store and is not yet on disk, with how many batches carry it.
struct InFlight {
  std::optional<std::string> value;
  std::uint32_t batches = 0;
};

struct CachedCase {
  std::shared_ptr<const CaseState> state;  // what is ruled upon: with what waits for the disk
  std::shared_ptr<const CaseState> durable;  // what is shown: a crash takes none of it back
  std::uint32_t in_flight = 0;               // batches not yet durable: such a case is not dropped
  std::list<CaseId>::iterator place;
};

// The clock's own questions: a no to them is no refusal of anybody.
bool is_by_clock(const CaseCommand& command) {
  return std::holds_alternative<Proceed>(command) || std::holds_alternative<ExpireCase>(command) ||
         std::holds_alternative<EndExercise>(command);
}

struct Listener {
  std::uint64_t version;
  Instant give_up_at;
  std::move_only_function<void()> call;
};

}  // namespace

struct Adjudicator::Impl {
  Impl(EventStore& s, const WatchedClock& c) : store(s), clock(c) {}

  EventStore& store;
  const WatchedClock& clock;
  mutable std::recursive_mutex mutex;  // a denial answers at once, and the answer may ask again
  Instant last_at;
  std::shared_ptr<const OrganizationState> organization = std::make_shared<OrganizationState>();
  std::unordered_map<CaseId, CachedCase> cases;
  std::list<CaseId> recently_used;  // front: latest
  std::unordered_map<std::string, InFlight> secrets;
  std::unordered_map<std::string, InFlight> facts;  // view rows that rulings read: last recovery, last binding
  std::unordered_map<std::string, std::uint64_t> stream_versions;  // of enrolment streams; bounded below
  // What is being counted and not yet on disk, by the prefix of its rows: cases opened on an account, by an agent, at
  // all; approvals given by a person. Else a hundred requests at once would all be the first.
  std::unordered_map<std::string, std::uint32_t> counting;
  std::map<std::string, std::uint32_t> trying;  // signals being tried, by the prefix of their failures and the case
  std::unordered_map<CaseId, std::vector<Listener>> listeners;
  std::size_t listener_count = 0;
  std::function<void(const CaseState&)> durable_listener;

  // -- time -----------------------------------------------------------------------------------
  struct Moment {
    Instant at;
    std::optional<Denial> doubt;  // of whatever does not stand without a clock
  };
  Ruling<Moment> time() {
    const auto told = clock.tell();
    const auto behind = [&] {
      return deny(DenialCode::clock_behind_ledger,
                  concat("the clock shows ", to_rfc3339(told.shown()), ", the ledger ", to_rfc3339(last_at)),
                  "set the server's clock right");
    };
    // What was believed may have been ahead of what is by a step.
    const auto step = told.believed() ? clock_step_back_max : clock_step_back_max + clock_step_max;
    if (told.now + step < last_at) return behind();
    Moment out;
    if (!told.believed())
      out.doubt = told.shown() + clock_step_back_max < last_at ? behind().error() : clock_not_believed(told);
    last_at = std::max(last_at, told.now);
    out.at = last_at;
    return out;
  }

  // -- cases in memory ------------------------------------------------------------------------
  Result<CachedCase*> load(const CaseId& id) {
    const auto found = cases.find(id);
    if (found != cases.end()) {
      recently_used.splice(recently_used.begin(), recently_used, found->second.place);
      return &found->second;
    }
    auto state = std::make_shared<CaseState>();
    state->id = id;
    SP_TRY(const auto entries, store.read_stream(case_stream(id), 0));
    for (const auto& stored : entries) {
      SP_TRY(const auto entry, decode_entry(stored.bytes));
      const auto* event = std::get_if<CaseEvent>(&entry.event);
      if (event == nullptr)
        return fault(FaultKind::corrupt, concat("the stream of case `", id.text(), "` holds something else"));
      SP_CHECK(evolve(*state, *event, entry.at));
    }
    make_room();
    recently_used.push_front(id);
    auto& cached = cases[id];
    cached.durable = state;
    cached.state = std::move(state);
    cached.place = recently_used.begin();
    return &cached;
  }

  void make_room() {
    auto place = recently_used.end();
    while (cases.size() >= cached_cases_max && place != recently_used.begin()) {
      --place;
      const auto found = cases.find(*place);
      if (found->second.in_flight > 0) continue;
      cases.erase(found);
      place = recently_used.erase(place);
    }
  }

  void drop_if_unused(const CaseId& id) {
    const auto found = cases.find(id);
    if (found == cases.end() || found->second.in_flight > 0 || found->second.state->exists()) return;
    recently_used.erase(found->second.place);
    cases.erase(found);
  }

  // -- rows in flight -------------------------------------------------------------------------
  // What a ruling reads must be what the last ruling wrote, on disk or not: else a code is used twice, or a recovery
  // is forgotten that the ledger has already, and the auditor convicts an honest desk.
  Result<std::optional<std::string>> secret(const std::string& key) const {
    const auto found = secrets.find(key);
    if (found != secrets.end()) return found->second.value;
    return store.read_secret(key);
  }
  Result<std::optional<Instant>> fact_time(const std::string& key) const {
    const auto found = facts.find(key);
    std::optional<std::string> row;
    if (found != facts.end()) {
      row = found->second.value;
    } else {
      SP_TRY(row, store.read_view(key));
    }
    if (!row) return std::nullopt;
    const auto at = instant_from_rfc3339(*row);
    if (!at) return fault(FaultKind::corrupt, concat("the view row `", key, "` holds no time"), "rebuild the views");
    return at;
  }
  static void depart(std::unordered_map<std::string, InFlight>& rows_in_flight, const std::vector<RowWrite>& rows) {
    for (const auto& row : rows) {
      auto& slot = rows_in_flight[row.key];
      slot.value = row.value;
      ++slot.batches;
    }
  }
  static void arrive(std::unordered_map<std::string, InFlight>& rows_in_flight, const std::vector<std::string>& keys) {
    for (const auto& key : keys) {
      const auto found = rows_in_flight.find(key);
      if (found != rows_in_flight.end() && --found->second.batches == 0) rows_in_flight.erase(found);
    }
  }
  static std::vector<std::string> keys_of(const std::vector<RowWrite>& rows) {
    std::vector<std::string> keys;
    for (const auto& row : rows) keys.push_back(row.key);
    return keys;
  }
  struct Departed {
    std::vector<std::string> secrets, facts;
  };
  // REQUIRES: lock held. Notes what the batch carries, until arrive().
  Departed depart(const Batch& batch) {
    depart(secrets, batch.secrets);
    std::vector<RowWrite> read_by_rulings;
    std::ranges::copy_if(batch.view, std::back_inserter(read_by_rulings),
                         [](const RowWrite& row) { return is_time_row(row.key) || row.key.starts_with(fence_prefix); });
    depart(facts, read_by_rulings);
    return {keys_of(batch.secrets), keys_of(read_by_rulings)};
  }
  void arrive(const Departed& departed) {
    arrive(secrets, departed.secrets);
    arrive(facts, departed.facts);
  }

  // -- counts -----------------------------------------------------------------------------------
  // REQUIRES: lock held. Rows of `prefix` since then and those under way; this one is under way from now on.
  Result<std::uint32_t> count(const std::string& prefix, Instant since, std::vector<std::string>& counted) {
    SP_TRY(const auto rows, store.list_view(prefix, to_rfc3339(since), recent_cases_read_max));
    counted.push_back(prefix);
    const auto under_way = counting[prefix]++;
    return std::min(static_cast<std::uint32_t>(rows.size()) + under_way, recent_cases_read_max);
  }
  // REQUIRES: lock held. Approvals of a person, this one aside: a list is one, and its row is there when it is tried
  // again after a crash.
  Result<std::uint32_t> count_approvals(const PersonId& person, const std::optional<ListPlace>& list, Instant now,
                                        std::vector<std::string>& counted) {
    const auto prefix = approvals_prefix(person);
    SP_TRY(auto so_far, count(prefix, now - hours(1), counted));
    if (!list || so_far == 0) return so_far;
    SP_TRY(const auto rows, store.list_view(prefix, to_rfc3339(now - hours(1)), recent_cases_read_max));
    const auto own = approved_in_list(list->root);
    if (std::ranges::any_of(rows, [&](const Row& row) { return row.key.ends_with(own); })) --so_far;
    return so_far;
  }
  // REQUIRES: lock held. Done cases of this action, of this account or opened by this agent, whose review is overdue.
  // Not known where no rule asks, and on a site whose views are of before reviews, until they are rebuilt.
  Result<std::optional<std::uint32_t>> count_overdue(const OpenCase& command, Instant now) const {
    if (!organization->policy || !organization->policy->reads(Attribute::request_overdue_reviews)) return std::nullopt;
    SP_TRY(const auto complete, store.read_view(std::string(reviews_complete_row)));
    if (!complete) return std::nullopt;
    std::set<std::string> overdue;
    for (const auto& prefix : due_review_prefixes(command.action, command.account, command.requested_by)) {
      SP_TRY(const auto rows, store.list_view(prefix, "", recent_cases_read_max));
      for (const auto& row : rows) {  // by when they are due
        const auto rest = std::string_view(row.key).substr(prefix.size());
        const auto slash = rest.find('/');
        const auto due = instant_from_rfc3339(rest.substr(0, slash));
        if (!due || slash == rest.npos)
          return fault(FaultKind::corrupt, concat("the view row `", row.key, "` holds no time"), "rebuild the views");
        if (*due >= now) break;
        overdue.emplace(rest.substr(slash + 1));
      }
    }
    return std::min(static_cast<std::uint32_t>(overdue.size()), recent_cases_read_max);
  }
  // REQUIRES: lock held. Is the intent the next one on its account? Two executors that look at one account at the same
  // time (an old one that still ends, and the new one) count the same fence token, each before the other's is recorded:
  // the second one is told no here, or both would have an intent open on one account.
  Result<Ruling<void>> follows(const IntentRecorded& intent) const {
    const auto key = fence_row(intent.directory, intent.account);
    const auto found = facts.find(key);
    std::optional<std::string> row;
    if (found != facts.end()) {
      row = found->second.value;
    } else {
      SP_TRY(row, store.read_view(key));
    }
    std::uint64_t last = 0;
    if (row) (void)std::from_chars(row->data(), row->data() + row->size(), last);
    if (intent.fence_token > last) return Ruling<void>();
    return Ruling<void>(deny(DenialCode::execution_in_progress,
                             concat("execution ", last, " of this account was recorded meanwhile"),
                             "wait for its outcome"));
  }
  // REQUIRES: lock held. Did the holder say of a case on the account, in the day before, that it was not theirs?
  Result<std::optional<bool>> objected(const AccountFacts& account, Instant now) const {
    if (!organization->policy || !organization->policy->reads(Attribute::request_objected_24h)) return std::nullopt;
    SP_TRY(const auto last, fact_time(objected_row(account.directory, account.account)));
    return std::optional(last && *last >= now - hours(24));
  }
  // `done`, and what was counted for it is on disk or never will be.
  CaseCallback counted_until(std::shared_ptr<std::vector<std::string>> counted, CaseCallback done) {
    return [this, counted = std::move(counted), done = std::move(done)](CaseAnswer answer) mutable {
      {
        const std::lock_guard lock(mutex);
        for (const auto& prefix : *counted)
          if (--counting[prefix] == 0) counting.erase(prefix);
      }
      done(std::move(answer));
    };
  }
  // REQUIRES: lock held. Writes down how lately whoever speaks for others was recovered themselves.
  Result<void> tell_recovery(const std::optional<Speech>& speech, Instant now) const {
    if (!speech) return {};
    speech->since_recovery->reset();
    const auto* member = organization->member(*speech->by);
    if (member == nullptr) return {};  // which is refused
    SP_TRY(const auto recovered, fact_time(recovered_row(member->person)));
    if (recovered) *speech->since_recovery = std::max(now - *recovered, Duration{});
    return {};
  }
  // REQUIRES: lock held. How often a signal failed on the case's account, in other cases and since it last passed.
  Result<std::uint32_t> failed_elsewhere(const CaseState& state, const SignalName& signal, Instant now) const {
    const auto& account = state.opened.account;
    const auto prefix = failed_prefix(account.directory, account.account, signal);
    SP_TRY(const auto passed, fact_time(passed_row(account.directory, account.account, signal)));
    const auto since = std::max(now - hours(24), passed.value_or(Instant{}));
    SP_TRY(const auto rows, store.list_view(prefix, to_rfc3339(since), recent_cases_read_max));
    const auto here = concat("/", state.id.text(), "/");
    auto count = static_cast<std::uint32_t>(
        std::ranges::count_if(rows, [&](const Row& row) { return !row.key.contains(here); }));
    for (auto at = trying.lower_bound(prefix); at != trying.end() && at->first.starts_with(prefix); ++at)
      if (!at->first.contains(here)) count += at->second;
    return count;
  }

  // REQUIRES: lock held. `done`, and until then the signal is being tried in the case.
  CaseCallback tried_until(const CaseState& state, const SignalName& signal, CaseCallback done) {
    const auto& account = state.opened.account;
    const auto key = concat(failed_prefix(account.directory, account.account, signal), "/", state.id.text(), "/");
    ++trying[key];
    return [this, key, done = std::move(done)](CaseAnswer answer) mutable {
      {
        const std::lock_guard lock(mutex);
        if (--trying[key] == 0) trying.erase(key);
      }
      done(std::move(answer));
    };
  }

  // -- recording ------------------------------------------------------------------------------
  // REQUIRES: lock held; `cached` is the case's. Evolves it and enqueues the batch.
  void append(CachedCase& cached, const std::vector<CaseEvent>& events, Instant at, std::vector<RowWrite> secret_rows,
              std::move_only_function<void(Result<void>, std::shared_ptr<const CaseState>)> done) {
    const auto before = cached.state;
    auto after = std::make_shared<CaseState>(*before);
    Batch batch;
    batch.stream = case_stream(before->id);
    batch.expected_version = before->version;
    for (const auto& event : events) {
      assert_invariants(*after, event, at, *organization);
      if (const auto* intent = std::get_if<IntentRecorded>(&event)) {  // of two executors one is taken, at the most
        const auto next = follows(*intent);
        SALLYPORT_INVARIANT(45, !next || next->has_value());
      }
      batch.entries.push_back(encode_entry({batch.stream, after->version, at, event}));
      if (auto ok = evolve(*after, event, at); !ok) return done(std::unexpected(ok.error()), before);
    }
    batch.view = project(*before, *after);
    // What the claimant sealed or was sent is gone in the commit that has no more use for it.
    const bool ended = after->closed && !before->closed;
    if (before->secret && (ended || !after->secret))
      secret_rows.push_back({sealed_secret_row(after->id), std::nullopt});
    if (ended && !before->requests.empty()) secret_rows.push_back({mail_code_row(after->id), std::nullopt});
    if (ended) secret_rows.push_back({replacement_row(after->id), std::nullopt});
    batch.secrets = std::move(secret_rows);
    auto departed = depart(batch);
    cached.state = after;
    ++cached.in_flight;
    store.append(std::move(batch), [this, after, count = events.size(), departed = std::move(departed),
                                    done = std::move(done)](Result<Appended> result) mutable {
      SALLYPORT_INVARIANT(28, !result || result->tree_size >= result->first_index + count);
      arrived(after, departed, result.has_value());
      if (result) return done({}, after);
      done(std::unexpected(std::move(result).error()), after);
    });
  }

  void arrived(const std::shared_ptr<const CaseState>& after, const Departed& departed, bool durable) {
    std::vector<std::move_only_function<void()>> calls;
    std::function<void(const CaseState&)> told;
    {
      const std::lock_guard lock(mutex);
      arrive(departed);
      const auto found = cases.find(after->id);
      if (found != cases.end()) {
        --found->second.in_flight;
        if (durable) {
          if (after->version > found->second.durable->version) found->second.durable = after;
        } else if (found->second.in_flight == 0) {
          // What memory holds never became true: forget it, and read from disk when asked again.
          recently_used.erase(found->second.place);
          cases.erase(found);
        }
      }
      if (durable) calls = due_listeners(after->id, after->version);
      if (durable) told = durable_listener;
    }
    for (auto& call : calls) call();
    if (told) told(*after);
  }

  std::vector<std::move_only_function<void()>> due_listeners(const CaseId& id, std::uint64_t version) {
    std::vector<std::move_only_function<void()>> calls;
    const auto found = listeners.find(id);
    if (found == listeners.end()) return calls;
    std::erase_if(found->second, [&](Listener& l) {
      if (l.version >= version) return false;
      calls.push_back(std::move(l.call));
      return true;
    });
    listener_count -= calls.size();
    if (found->second.empty()) listeners.erase(found);
    return calls;
  }

  // REQUIRES: lock held. Answers the denial once the refusal is recorded, or at once if it is not.
  void refuse(CachedCase* cached, std::string_view attempted, const std::string& by, Denial denial, Instant at,
              CaseCallback done) {
    const bool recorded = cached != nullptr && cached->state->exists() &&
                          cached->state->refusals < refusals_recorded_per_case_max &&
                          denial.code != DenialCode::clock_behind_ledger;
    if (!recorded) return done(Ruling<std::shared_ptr<const CaseState>>(std::unexpected(std::move(denial))));
    RefusalRecorded event{std::string(attempted), by, denial.code, denial.detail};
    append(*cached, {event}, at, {},
           [denial = std::move(denial), done = std::move(done)](Result<void> ok, const auto&) mutable {
             if (!ok) return done(std::unexpected(std::move(ok).error()));
             done(Ruling<std::shared_ptr<const CaseState>>(std::unexpected(std::move(denial))));
           });
  }

  void rule(CachedCase& cached, const CaseCommand& command, const std::string& by, Instant at,
            std::vector<RowWrite> secret_rows, CaseCallback done) {
    auto ruling = decide(*cached.state, command, {*organization, at});
    if (!ruling) {
      auto attempted = std::string(name_of(command));
      if (const auto* execution = std::get_if<RequestExecution>(&command))
        attempted += concat(" ", to_string(execution->action));
      return refuse(is_by_clock(command) ? nullptr : &cached, attempted, by, std::move(ruling).error(), at,
                    std::move(done));
    }
    if (ruling->empty()) return done(Ruling<std::shared_ptr<const CaseState>>(cached.state));
    append(cached, *ruling, at, std::move(secret_rows), [done = std::move(done)](Result<void> ok, auto state) mutable {
      if (!ok) return done(std::unexpected(std::move(ok).error()));
      done(Ruling<std::shared_ptr<const CaseState>>(std::move(state)));
    });
  }

  Result<std::uint64_t> version_of(const std::string& stream) {
    if (const auto found = stream_versions.find(stream); found != stream_versions.end()) return found->second;
    SP_TRY(const auto row, store.read_view(concat("version/", stream)));
    if (!row) return std::uint64_t{0};
    std::uint64_t version = 0;
    const auto [end, error] = std::from_chars(row->data(), row->data() + row->size(), version);
    if (error != std::errc{} || end != row->data() + row->size())
      return fault(FaultKind::corrupt, "a stream's view row is damaged", "run `sallyport rebuild`");
    return version;
  }
};

Adjudicator::Adjudicator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Adjudicator::~Adjudicator() = default;

Result<std::unique_ptr<Adjudicator>> Adjudicator::open(EventStore& store, const WatchedClock& clock) {
  auto impl = std::make_unique<Impl>(store, clock);
  SP_TRY(const auto entries, store.read_stream(std::string(organization_stream), 0));
  if (entries.empty())
    return fault(FaultKind::not_found, "the ledger has not been opened", "run `sallyport init FOLDER`");
  OrganizationState state;
  for (const auto& stored : entries) {
    SP_TRY(const auto entry, decode_entry(stored.bytes));
    const auto* event = std::get_if<OrganizationEvent>(&entry.event);
    if (event == nullptr) return fault(FaultKind::corrupt, "the stream of the organization holds something else");
    SP_CHECK(readjudicate(state, *event, entry.at, ProofCheck::later));  // checked when it was recorded, here
    impl->last_at = std::max(impl->last_at, entry.at);
  }
  impl->organization = std::make_shared<const OrganizationState>(std::move(state));
  SP_TRY(const auto newest, time_of_newest_entry(store));
  impl->last_at = std::max(impl->last_at, newest);
  return std::unique_ptr<Adjudicator>(new Adjudicator(std::move(impl)));
}

void Adjudicator::submit(const CaseId& id, CaseCommand command, std::string by, std::vector<RowWrite> secrets,
                         CaseCallback done) {
  submit(
      id,
      [command = std::move(command), secrets = std::move(secrets)](const CaseState&, Instant) mutable
          -> Result<Ruling<Prepared>> { return Ruling<Prepared>(Prepared{std::move(command), std::move(secrets)}); },
      std::move(by), std::move(done));
}

void Adjudicator::submit(const CaseId& id, Prepare prepare, std::string by, CaseCallback done) {
  const std::lock_guard lock(impl_->mutex);
  auto moment = impl_->time();
  if (!moment) return done(Ruling<std::shared_ptr<const CaseState>>(std::unexpected(std::move(moment).error())));
  auto cached = impl_->load(id);
  if (!cached) return done(std::unexpected(std::move(cached).error()));
  const auto at = moment->at;
  auto prepared = prepare(*(*cached)->state, at);
  if (!prepared) return done(std::unexpected(std::move(prepared).error()));
  if (moment->doubt && !(*prepared && stands_without_clock((*prepared)->command))) {
    const bool by_clock = *prepared && is_by_clock((*prepared)->command);
    return impl_->refuse(by_clock ? nullptr : *cached, *prepared ? name_of((*prepared)->command) : "give_signal", by,
                         *std::move(moment->doubt), at, std::move(done));
  }
  if (!*prepared) return impl_->refuse(*cached, "give_signal", by, std::move(*prepared).error(), at, std::move(done));
  if (auto ok = impl_->tell_recovery(speech_in((*prepared)->command), at); !ok)
    return done(std::unexpected(std::move(ok).error()));
  if (const auto* begins = std::get_if<RecordIntent>(&(*prepared)->command); begins != nullptr) {
    auto follows = impl_->follows(begins->intent);
    if (!follows) return done(std::unexpected(std::move(follows).error()));
    if (!*follows)
      return impl_->refuse(*cached, name_of((*prepared)->command), by, std::move(*follows).error(), at,
                           std::move(done));
  }
  if (auto* given = std::get_if<RecordEvidence>(&(*prepared)->command);
      given != nullptr && (*cached)->state->exists()) {
    auto failed = impl_->failed_elsewhere(*(*cached)->state, given->signal, at);
    if (!failed) return done(std::unexpected(std::move(failed).error()));
    given->failed_elsewhere = *failed;
    done = impl_->tried_until(*(*cached)->state, given->signal, std::move(done));
  }
  impl_->rule(**cached, (*prepared)->command, by, at, std::move((*prepared)->secrets), std::move(done));
  impl_->drop_if_unused(id);
}

void Adjudicator::open_case(const CaseId& id, OpenCase command, std::vector<RowWrite> secrets, CaseCallback done) {
  auto counted = std::make_shared<std::vector<std::string>>();
  const auto by = command.requested_by;
  const auto account = account_cases_prefix(command.action, command.account.directory, command.account.account);
  submit(
      id,
      [this, account, by, counted, command = std::move(command), secrets = std::move(secrets)](
          const CaseState&, Instant now) mutable -> Result<Ruling<Prepared>> {
        SP_TRY(command.request.recovery_factor_changed_at,
               impl_->fact_time(factor_row(command.account.directory, command.account.account)));
        SP_TRY(command.cases_24h, impl_->count(account, now - hours(24), *counted));
        SP_TRY(command.request.cases_1h, impl_->count(std::string(opened_prefix), now - hours(1), *counted));
        SP_TRY(command.request.agent_cases_1h, impl_->count(agent_opened_prefix(by), now - hours(1), *counted));
        SP_TRY(command.request.overdue_reviews, impl_->count_overdue(command, now));  // absent: not known
        SP_TRY(command.request.objected_24h, impl_->objected(command.account, now));
        return Ruling<Prepared>(Prepared{std::move(command), std::move(secrets)});
      },
      "", impl_->counted_until(counted, std::move(done)));
}

void Adjudicator::approve(const CaseId& id, Approve command, const PersonId& person, CaseCallback done) {
  const auto by = command.by.text();
  auto counted = std::make_shared<std::vector<std::string>>();
  submit(
      id,
      [this, person, counted, command = std::move(command)](const CaseState&,
                                                            Instant now) mutable -> Result<Ruling<Prepared>> {
        SP_TRY(command.approvals_1h, impl_->count_approvals(person, command.list, now, *counted));
        return Ruling<Prepared>(Prepared{std::move(command), {}});
      },
      by, impl_->counted_until(counted, std::move(done)));
}

namespace {

// Answers when every case of a list is on disk.
struct ListUnderWay {
  std::mutex mutex;
  std::size_t left = 0;
  std::vector<std::shared_ptr<const CaseState>> states;
  std::optional<Fault> failed;
  ListCallback done;

  void arrived(std::size_t place, Result<void> ok, std::shared_ptr<const CaseState> state) {
    {
      const std::lock_guard lock(mutex);
      states[place] = std::move(state);
      if (!ok && !failed) failed = ok.error();
      if (--left > 0) return;
    }
    if (failed) return done(std::unexpected(*std::move(failed)));
    done(Ruling<std::vector<std::shared_ptr<const CaseState>>>(std::move(states)));
  }
};

}  // namespace

void Adjudicator::submit_list(CaseCommands commands, std::string by, ListCallback done) {
  const std::lock_guard lock(impl_->mutex);
  auto moment = impl_->time();
  if (!moment) return done(Ruling<std::vector<std::shared_ptr<const CaseState>>>(std::unexpected(moment.error())));
  const auto at = moment->at;
  for (auto& [id, command] : commands) {
    auto cached = impl_->load(id);
    if (!cached) return done(std::unexpected(std::move(cached).error()));
    if (auto ok = impl_->tell_recovery(speech_in(command), at); !ok)
      return done(std::unexpected(std::move(ok).error()));
    auto ruling = decide(*(*cached)->state, command, {*impl_->organization, at});
    if (moment->doubt && !stands_without_clock(command)) ruling = std::unexpected(*moment->doubt);
    if (ruling) continue;
    impl_->refuse(*cached, name_of(command), by, std::move(ruling).error(), at,
                  [done = std::move(done)](CaseAnswer answer) mutable {
                    if (!answer) return done(std::unexpected(std::move(answer).error()));
                    done(Ruling<std::vector<std::shared_ptr<const CaseState>>>(
                        std::unexpected(std::move(*answer).error())));  // a refusal, for that was asked for
                  });
    impl_->drop_if_unused(id);
    return;
  }
  auto under_way = std::make_shared<ListUnderWay>();
  under_way->left = commands.size();
  under_way->states.resize(commands.size());
  under_way->done = std::move(done);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    auto cached = impl_->load(commands[i].first);
    const auto ruling = cached ? decide(*(*cached)->state, commands[i].second, {*impl_->organization, at})
                               : Ruling<std::vector<CaseEvent>>();
    if (!cached || !ruling) {  // it was read and allowed a moment ago, under this lock
      under_way->arrived(i, fault(FaultKind::unavailable, "a case of the list cannot be read", "try again"), nullptr);
      continue;
    }
    impl_->append(**cached, *ruling, at, {}, [under_way, i](Result<void> ok, auto state) {
      under_way->arrived(i, std::move(ok), std::move(state));
    });
  }
}

void Adjudicator::approve_list(CaseCommands approvals, const PersonId& person, ListCallback done) {
  const std::lock_guard lock(impl_->mutex);
  auto counted = std::make_shared<std::vector<std::string>>();
  done = [this, counted, done = std::move(done)](ListAnswer answer) mutable {
    {
      const std::lock_guard relock(impl_->mutex);
      for (const auto& prefix : *counted)
        if (--impl_->counting[prefix] == 0) impl_->counting.erase(prefix);
    }
    done(std::move(answer));
  };
  const auto moment = impl_->time();
  if (!moment) return done(Ruling<std::vector<std::shared_ptr<const CaseState>>>(std::unexpected(moment.error())));
  const auto now = moment->at;
  const auto& list = std::get<Approve>(approvals.front().second).list;
  const auto so_far = impl_->count_approvals(person, list, now, *counted);
  if (!so_far) return done(std::unexpected(so_far.error()));
  for (auto& [id, command] : approvals) {
    std::get<Approve>(command).approvals_1h = *so_far;
  }
  const auto by = std::get<Approve>(approvals.front().second).by.text();
  submit_list(std::move(approvals), by, std::move(done));
}

void Adjudicator::change(OrganizationChange change, DoneCallback done) {
  this->change(
      [change = std::move(change)](const OrganizationState&, Instant) mutable -> Result<Ruling<PreparedChange>> {
        return Ruling<PreparedChange>(PreparedChange{std::move(change), {}});
      },
      std::move(done));
}

Result<std::vector<std::shared_ptr<const CaseState>>> Adjudicator::cases_of(const DirectoryId& directory,
                                                                            const AccountId& account, Instant since) {
  const std::lock_guard lock(impl_->mutex);
  std::set<CaseId> ids;
  for (const auto action : {Action::unlock, Action::suspend}) {  // which are counted apart, and here together
    const auto prefix = account_cases_prefix(action, directory, account);
    SP_TRY(const auto rows, impl_->store.list_view(prefix, to_rfc3339(since), recent_cases_read_max));
    for (const auto& row : rows)
      if (const auto id = CaseId::parse(std::string_view(row.key).substr(row.key.rfind('/') + 1))) ids.insert(*id);
  }
  for (const auto& [id, cached] : impl_->cases) {  // opened a moment ago: its row is not on disk yet
    const auto& opened = cached.state->opened;
    if (cached.in_flight > 0 && cached.state->exists() && opened.account.directory == directory &&
        opened.account.account == account && cached.state->opened_at >= since)
      ids.insert(id);
  }
  std::vector<std::shared_ptr<const CaseState>> out;
  for (const auto& id : ids) {
    SP_TRY(const auto* cached, impl_->load(id));
    out.push_back(cached->state);
  }
  return out;
}

void Adjudicator::change(PrepareChange prepare, DoneCallback done) {
  const std::lock_guard lock(impl_->mutex);
  auto moment = impl_->time();
  if (!moment) return done(Ruling<void>(std::unexpected(std::move(moment).error())));
  const auto at = moment->at;
  const auto before = impl_->organization;
  auto prepared = prepare(*before, at);
  if (!prepared) return done(std::unexpected(std::move(prepared).error()));
  if (!*prepared) return done(Ruling<void>(std::unexpected(std::move(*prepared).error())));
  auto& [change, secrets] = **prepared;
  if (moment->doubt && !stands_without_clock(change))
    return done(Ruling<void>(std::unexpected(*std::move(moment->doubt))));
  if (auto ok = impl_->tell_recovery(speech_in(change), at); !ok) return done(std::unexpected(std::move(ok).error()));
  auto ruling = decide(*before, change, at);
  if (!ruling) return done(Ruling<void>(std::unexpected(std::move(ruling).error())));
  auto after = std::make_shared<OrganizationState>(*before);
  Batch batch;
  batch.stream = std::string(organization_stream);
  batch.expected_version = before->version;
  for (auto& event : *ruling) {
    const LedgerEntry entry{batch.stream, after->version, at, std::move(event)};
    const auto unchanged = *after;
    if (auto ok = evolve(*after, std::get<OrganizationEvent>(entry.event), at); !ok)
      return done(std::unexpected(std::move(ok).error()));
    assert_invariants(unchanged, std::get<OrganizationEvent>(entry.event), *after);
    batch.entries.push_back(encode_entry(entry));
    batch.view = project(entry);  // of the last one: the stream's version
    if (batch.entries.back().size() > entry_bytes_max)
      return done(fault(FaultKind::invalid, "the change does not fit into one ledger entry", "shorten it"));
  }
  batch.secrets = std::move(secrets);
  auto departed = impl_->depart(batch);
  // Rulings made from here on see the change; if it cannot be written, nothing else can either.
  impl_->organization = std::move(after);
  impl_->store.append(std::move(batch), [this, before, departed = std::move(departed),
                                         done = std::move(done)](Result<Appended> result) mutable {
    {
      const std::lock_guard relock(impl_->mutex);
      impl_->arrive(departed);
      if (!result) impl_->organization = before;
    }
    if (result) return done(Ruling<void>());
    done(std::unexpected(std::move(result).error()));
  });
}

void Adjudicator::record(const std::string& stream, PrepareEnrolment prepare, DoneCallback done) {
  const std::lock_guard lock(impl_->mutex);
  auto moment = impl_->time();
  if (!moment) return done(Ruling<void>(std::unexpected(std::move(moment).error())));
  const auto at = moment->at;
  auto prepared = prepare(at);
  if (!prepared) return done(std::unexpected(std::move(prepared).error()));
  if (moment->doubt && !(*prepared && std::ranges::all_of((*prepared)->events, [](const EnrolmentEvent& event) {
        return stands_without_clock(event);
      })))
    return done(Ruling<void>(std::unexpected(*std::move(moment->doubt))));
  if (!*prepared) return done(Ruling<void>(std::unexpected(std::move(*prepared).error())));
  auto& [events, secrets] = **prepared;
  for (auto& event : events)
    if (auto ok = impl_->tell_recovery(speech_in(event), at); !ok) return done(std::unexpected(std::move(ok).error()));
  for (const auto& event : events)
    if (auto ok = check_enrolment(*impl_->organization, event, at); !ok)
      return done(Ruling<void>(std::unexpected(std::move(ok).error())));
  const auto version = impl_->version_of(stream);
  if (!version) return done(std::unexpected(version.error()));
  Batch batch;
  batch.stream = stream;
  batch.expected_version = *version;
  auto next = *version;
  for (auto& event : events) {
    const LedgerEntry entry{stream, next++, at, std::move(event)};
    batch.entries.push_back(encode_entry(entry));
    std::ranges::move(project(entry), std::back_inserter(batch.view));
  }
  batch.secrets = std::move(secrets);
  auto departed = impl_->depart(batch);
  impl_->stream_versions[stream] = next;
  impl_->store.append(std::move(batch), [this, stream, departed = std::move(departed),
                                         done = std::move(done)](Result<Appended> result) mutable {
    {
      const std::lock_guard relock(impl_->mutex);
      impl_->arrive(departed);
      if (!result || impl_->stream_versions.size() > cached_cases_max) impl_->stream_versions.erase(stream);
    }
    if (result) return done(Ruling<void>());
    done(std::unexpected(std::move(result).error()));
  });
}

Result<std::shared_ptr<const CaseState>> Adjudicator::find(const CaseId& id) {
  const std::lock_guard lock(impl_->mutex);
  SP_TRY(const auto* cached, impl_->load(id));
  auto state = cached->durable;
  impl_->drop_if_unused(id);
  if (!state->exists()) return fault(FaultKind::not_found, "there is no such case", "check the case id");
  return state;
}

Result<std::optional<std::string>> Adjudicator::secret(const std::string& key) const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->secret(key);
}

std::shared_ptr<const OrganizationState> Adjudicator::organization() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->organization;
}

Instant Adjudicator::now() const { return impl_->clock.now(); }
bool Adjudicator::believes_clock() const { return impl_->clock.tell().believed(); }

void Adjudicator::on_version(const CaseId& id, std::uint64_t version, Instant give_up_at,
                             std::move_only_function<void()> listener) {
  {
    const std::lock_guard lock(impl_->mutex);
    const auto cached = impl_->load(id);  // read from disk if need be, so that its version is known
    const bool newer = !cached || (*cached)->durable->version > version;
    const auto waiting = impl_->listeners.find(id);
    const bool crowded = waiting != impl_->listeners.end() && waiting->second.size() >= listeners_per_case_max;
    if (!newer && !crowded && impl_->listener_count < listeners_max) {
      impl_->listeners[id].push_back({version, give_up_at, std::move(listener)});
      ++impl_->listener_count;
      return;
    }
  }
  listener();
}

void Adjudicator::release_impatient() {
  std::vector<std::move_only_function<void()>> calls;
  {
    const std::lock_guard lock(impl_->mutex);
    const auto now = impl_->clock.now();
    for (auto of_case = impl_->listeners.begin(); of_case != impl_->listeners.end();) {
      std::erase_if(of_case->second, [&](Listener& l) {
        if (now < l.give_up_at) return false;
        calls.push_back(std::move(l.call));
        return true;
      });
      of_case = of_case->second.empty() ? impl_->listeners.erase(of_case) : std::next(of_case);
    }
    impl_->listener_count -= calls.size();
  }
  for (auto& call : calls) call();
}

void Adjudicator::on_durable(std::function<void(const CaseState&)> listener) {
  const std::lock_guard lock(impl_->mutex);
  impl_->durable_listener = std::move(listener);
}

}  // namespace sallyport
