// What has to happen without anybody asking: holds run out, permits wait for the executor, cases
// expire.
#include <algorithm>

#include "base/text.h"
#include "shell/api/api.h"

namespace sallyport {
namespace {

constexpr Duration retry_dispatch_after = seconds(5);    // an executor that was down is told again
constexpr Duration retry_expiry_after = seconds(30);     // a case that cannot end before its outcome is known
constexpr std::size_t resume_page = 500;

}  // namespace

Api::Api(ApiParts parts) : parts_(std::move(parts)) {
  parts_.adjudicator.on_durable([this](const CaseState& state) {
    schedule(state);
    if (state.permit) dispatch(state.id);
  });
}

void Api::schedule(const CaseState& state) {
  const auto now = parts_.adjudicator.now();
  std::optional<Instant> next;
  if (!state.closed) {
    next = state.opened.expires_at;
    if (state.identity && state.identity->hold_until > now) next = std::min(*next, state.identity->hold_until);
    if (state.permit) next = std::min(*next, now + retry_dispatch_after);
    if (*next <= now) next = now + retry_expiry_after;
  }
  const std::lock_guard lock(mutex_);
  if (const auto found = due_at_.find(state.id); found != due_at_.end()) {
    agenda_.erase({found->second, state.id});
    due_at_.erase(found);
  }
  if (!next) return;
  due_at_[state.id] = *next;
  agenda_.insert({*next, state.id});
}

void Api::tick() {
  parts_.adjudicator.release_impatient();
  if (!parts_.adjudicator.believes_clock()) return;  // what is due stays due until somebody has set it right
  parts_.exercises.tick();
  const auto now = parts_.adjudicator.now();
  std::vector<CaseId> due;
  {
    const std::lock_guard lock(mutex_);
    while (!agenda_.empty() && agenda_.begin()->first <= now && due.size() < resume_page) {
      due.push_back(agenda_.begin()->second);
      due_at_.erase(due.back());
      agenda_.erase(agenda_.begin());
    }
  }
  for (const auto& id : due) go_on(id);
}

void Api::go_on(const CaseId& id) {
  const auto found = parts_.adjudicator.find(id);
  if (!found) return;  // a case that cannot be read is looked at when somebody asks for it
  const auto& state = **found;
  schedule(state);
  const auto now = parts_.adjudicator.now();
  const auto nothing_to_say = [](CaseAnswer) {};  // the ruling is in the ledger, or nothing changed
  if (state.closed) return;
  if (now >= state.opened.expires_at) parts_.adjudicator.submit(id, ExpireCase{}, "clock", {}, nothing_to_say);
  else if (state.permit) dispatch(id);
  else if (state.identity && !state.intent) parts_.adjudicator.submit(id, Proceed{}, "clock", {}, nothing_to_say);
}

Result<bool> Api::resume() {
  SP_TRY(const auto rows, parts_.reader.list_view("open/", resumed_to_, resume_page));
  for (const auto& row : rows) {
    const auto id = CaseId::parse(std::string_view(row.key).substr(5));
    if (!id) continue;
    SP_TRY(const auto state, parts_.adjudicator.find(*id));
    schedule(*state);
    if (state->permit) dispatch(*id);
  }
  if (rows.size() < resume_page) return false;
  resumed_to_ = rows.back().key.substr(5) + "!";  // the next key after it
  return true;
}

void Api::dispatch(const CaseId& id) {
  {
    const std::lock_guard lock(mutex_);
    if (!dispatched_.insert(id).second) return;
  }
  const auto answered = [this, id] {
    const std::lock_guard lock(mutex_);
    dispatched_.erase(id);
  };
  const bool taken = parts_.background.run([this, id, answered] {
    // What came of it is in the ledger; if nothing did, the agenda tells the executor again.
    const auto told = parts_.executor.execute(id);
    (void)told;
    answered();
  });
  if (!taken) answered();
}

}  // namespace sallyport
