#include "../tests/sim/auditor.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "core/policy/policy.h"

namespace sallyport::sim {
namespace {

constexpr std::size_t violations_max = 20;  // the first one is what somebody looks at

// -- reading entries --------------------------------------------------------------------------------
const Json& at(const Json& json, std::string_view key) {
  static const Json nothing;
  const auto* found = json.find(key);
  return found == nullptr ? nothing : *found;
}
std::string text(const Json& json, std::string_view key) {
  const auto& value = at(json, key);
  return value.is_string() ? value.as_string() : std::string();
}
std::int64_t number(const Json& json, std::string_view key) {
  const auto& value = at(json, key);
  return value.is_int() ? value.as_int() : 0;
}
bool flag(const Json& json, std::string_view key) {
  const auto& value = at(json, key);
  return value.is_bool() && value.as_bool();
}
std::optional<Instant> instant(const Json& json, std::string_view key) {
  const auto& value = at(json, key);
  return value.is_string() ? instant_from_rfc3339(value.as_string()) : std::nullopt;
}
std::vector<std::string> texts(const Json& json, std::string_view key) {
  std::vector<std::string> out;
  const auto& value = at(json, key);
  if (!value.is_array()) return out;
  for (const auto& item : value.as_array())
    if (item.is_string()) out.push_back(item.as_string());
  return out;
}

// "e17:c-3.1" and "f17:c-3.1"; anything else was not written by an execution.
struct ReadMarker {
  char kind = 0;
  std::uint64_t token = 0;
  std::string execution;
};
std::optional<ReadMarker> read_marker(std::string_view marker) {
  const auto colon = marker.find(':');
  if (marker.empty() || colon == std::string_view::npos || (marker[0] != 'e' && marker[0] != 'f')) return std::nullopt;
  ReadMarker out{marker[0], 0, std::string(marker.substr(colon + 1))};
  const auto digits = marker.substr(1, colon - 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out.token);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return out;
}

// -- what it keeps ----------------------------------------------------------------------------------
struct Item {  // of evidence
  std::string signal, attester;
  bool passed = false, rests_on_account = false;
  Instant at;
  std::optional<Instant> enrolled_at, unchanged_since;
};

struct Permit {
  std::int64_t attempt = 0;
  std::vector<std::string> approvers;
  Instant expires_at;
};

struct Book {  // of a case
  Instant opened_at, expires_at;
  std::string account, holder, requester, action, policy, state_token;
  Json requirement, facts;
  std::vector<Item> evidence;
  std::map<std::string, std::int64_t> requested;
  std::optional<Instant> hold_until, verified_until;
  std::vector<std::int64_t> counted;
  std::map<std::string, std::string> approved;  // of the verification that stands: staff id, person
  std::set<std::string> involved;
  std::optional<Permit> permit;
  std::set<std::int64_t> consumed;  // attempts
  std::string open_execution;
  bool stopped = false;  // the holder objected, or the case was closed
  bool closed = false;
  std::string result;
};

struct Execution {
  std::string account, in_case;
  std::string marker_to;
  std::int64_t fence_token = 0;
  std::string state_token;
  Instant permit_ends;
  std::string outcome;  // empty: none yet
  std::uint32_t dones = 0;
  bool shown_as_recorded = false;  // the executor was, before it began
};

struct Member {
  std::string person;
  std::vector<std::string> roles;
  Instant ends_at;
  bool removed = false;
};

struct Proposal {
  std::string digest, proposer;
  std::set<std::string> yes;
  std::shared_ptr<const Policy> policy;
};

struct Books {  // all that follows from the ledger
  Instant last_at;
  std::uint64_t next_index = 0;
  std::map<std::string, std::uint64_t> versions;
  std::map<std::string, Book> cases;
  std::map<std::string, Execution> executions;
  std::map<std::string, std::int64_t> fence_tokens;  // the highest, by account
  std::map<std::string, std::string> open_by_account;
  std::map<std::string, Member> staff;
  std::map<std::int64_t, Proposal> proposals;
  std::string policy_in_force;
  std::shared_ptr<const Policy> policy;
  std::map<std::string, std::vector<Instant>> opened_24h, failed_24h;
  std::map<std::string, std::vector<std::pair<Instant, std::string>>> approved_1h;
  std::map<std::string, Instant> recovered;
  std::set<std::string> codes_used;
  std::set<std::string> signatures;
};

}  // namespace

const std::array<InvariantInfo, invariants_max>& invariants() {
  static constexpr std::array<InvariantInfo, invariants_max> all{{
      {1, true, "every deed that is said to be done has one intent and one permit before it, of the same case"},
      {2, true, "the account's state that was decided upon is the state that the write was conditioned on"},
      {3, true, "a permit is used by at most one intent, an intent has at most one `done`"},
      {4, true, "a case is ruled by the policy that was activated last; the re-adjudicator rules the same again"},
      {5, true, "evidence that counts was fresh, and its authenticator bound long enough before"},
      {6, true, "evidence that counts is of this case, passed, and no code is taken twice"},
      {7, true, "signals that count together rest on nothing in common"},
      {8, true, "no address counts that was changed lately, and no mailbox of the account itself"},
      {9, true, "requester, holder, attesters and approvers are different natural persons"},
      {10, true, "no signature approves twice; the re-adjudicator checks each over what was approved"},
      {11, true, "approvers were on the staff and were approvers, when they signed and when the executor began"},
      {12, false, "no verifier of a third party exists; that a foreign agent needs a local approver is the policy's"},
      {13, true, "as many different persons approved as the strictest line of the requirement asks for"},
      {14, true, "nothing is begun after an objection, a denial or the end of a case"},
      {15, true, "what the executor was shown of the account, before it wrote, is what the case records of it"},
      {16, true, "the intent was durable before the directory saw its write"},
      {17, true, "an execution happens in the directory once at most; what is said to be done happened"},
      {18, true, "once the world is right again every intent has an outcome, or is known to be unknown"},
      {19, true, "an execution that is said not to have happened did not and does not"},
      {20, true, "one open intent an account; fence tokens rise"},
      {21, true, "no intent on an account whose marker is ahead of the ledger"},
      {22, false, "sessions are not revoked yet"},
      {23, false, "no channel to tell the holder exists yet"},
      {24, false, "what the directory's account may do is tested against real directories"},
      {25, true, "no password and no code stands in the ledger"},
      {26, false, "a process's memory is none of the simulator's"},
      {27, false, "nothing is handed over wrapped yet"},
      {28, true, "the signed checkpoint is the root of the entries, and its size is theirs"},
      {29, false, "the interface gives no proofs with its answers yet"},
      {30, true, "a gateway that is started anew knows of every case what the one before knew; views can be rebuilt"},
      {31, true, "times in the ledger never run back, and are those of an honest clock"},
      {32, true, "while the ledger takes nothing, nothing is begun"},
      {33, false, "no version before this one has a ledger in the simulator"},
      {34, true, "nothing is begun before a hold is over or after permit and case have ended, in true time"},
      {35, false, "the directory ends emergency access, and the simulated one has no clock"},
      {36, true, "whoever had a part in a case does not review it"},
      {37, true, "a policy is in force with two yeses by others than its proposer; its proof is re-adjudicated"},
      {38, false, "the interface's routes are tested by themselves"},
      {39, false, "the interface has no idempotency keys yet"},
      {40, false, "answers are compared by tests of the interface"},
      {41, true, "tries, cases and approvals stay within the policy's limits, over all restarts"},
      {42, false, "load is a matter of real processes"},
      {43, false, "who reads what is tested at the interface"},
      {44, true, "after any fault an outcome agrees with the directory: done, not done, or unknown"},
      {45, true, "two executors on one ledger: one of them acts at most"},
  }};
  return all;
}

struct Auditor::Impl {
  explicit Impl(Instant right_at) : clock_right_at(right_at) {}

  Instant clock_right_at;
  Books books;
  bool rereading = false;  // entries that were checked when they came
  std::vector<std::string> entries;
  std::vector<std::string> canaries;
  std::vector<Violation> violations;
  std::array<std::uint64_t, invariants_max + 1> checks{};

  // What the directory did, and what was known of it.
  struct Effect {
    std::uint64_t place = 0;
    std::string account, execution;
    bool fence = false, undone = false;
  };
  std::vector<Effect> effects;
  std::map<std::string, Marker> markers;  // by account
  struct Seen {
    AccountFacts facts;
    Marker marker;
  };
  std::map<std::string, std::vector<Seen>> looks;  // the last few of each account
  std::map<std::string, Execution> ever_intended;  // also in entries that were lost with a backup
  std::set<std::string> lost_with_backup;  // executions of which the ledger knows less than it did
  std::map<std::string, std::shared_ptr<const Policy>> compiled;

  template <typename... Pieces>
  void expect(bool holds, unsigned number, const Pieces&... pieces) {
    if (rereading) return;
    ++checks[number];
    if (!holds && violations.size() < violations_max) violations.push_back({number, concat(pieces...)});
  }

  // How far an honest process's time may be from the true one: what is believed of a step, and what a crystal loses.
  [[nodiscard]] Duration tolerance(Instant true_time) const {
    return seconds(7) + Duration{std::max<std::int64_t>((true_time - clock_right_at).milliseconds, 0) / 2000};
  }

  // -- the ledger -----------------------------------------------------------------------------------
  void entry(std::uint64_t index, std::string_view bytes, Instant true_time) {
    entries.emplace_back(bytes);
    const auto json = parse_json(bytes);
    expect(json.has_value(), 4, "entry ", index, " is no JSON");
    if (!json) return;
    for (const auto& secret : canaries)
      expect(bytes.find(secret) == std::string_view::npos, 25, "entry ", index, " holds a secret");
    const auto when = instant(*json, "at").value_or(Instant{});
    expect(index == books.next_index, 28, "entry ", index, " follows entry ", books.next_index);
    books.next_index = index + 1;
    expect(when >= books.last_at, 31, "entry ", index, " is older than the one before it");
    books.last_at = std::max(books.last_at, when);
    if (true_time >= clock_right_at) {
      const auto off = std::max(when - true_time, true_time - when);
      expect(off <= tolerance(true_time), 31, "entry ", index, " says ", to_rfc3339(when), " at ",
             to_rfc3339(true_time));
    }
    const auto stream = text(*json, "stream");
    auto& version = books.versions[stream];
    expect(number(*json, "version") == static_cast<std::int64_t>(version), 28, "entry ", index, " of ", stream,
           " is out of order");
    ++version;
    const auto kind = text(*json, "kind");
    const auto& body = at(*json, "body");
    if (stream == "organization") organization(kind, body);
    else if (stream.starts_with("case/")) of_case(stream.substr(5), kind, body, when, true_time);
  }

  // -- the organization
  void organization(const std::string& kind, const Json& body) {
    const auto& signature = at(body, "signature");
    const auto by = person_of(text(signature, "by"));
    if (kind == "ledger_opened") appoint(at(body, "root"));
    if (kind == "staff_enrolled") appoint(at(body, "member"));
    if (kind == "staff_removed") books.staff[text(body, "staff")].removed = true;
    if (kind == "policy_proposed") propose(number(signature, "number"), text(body, "text"), by);
    if (kind == "change_approved") agree(number(body, "change"), by);
  }
  void appoint(const Json& member) {
    auto& out = books.staff[text(member, "id")];
    out = {text(member, "person"), texts(member, "roles"), instant(member, "ends_at").value_or(Instant{}), false};
  }
  [[nodiscard]] std::string person_of(const std::string& staff) const {
    const auto found = books.staff.find(staff);
    return found == books.staff.end() ? std::string() : found->second.person;
  }
  void propose(std::int64_t change, const std::string& policy_text, const std::string& by) {
    auto& known = compiled[policy_text];
    if (!known) {
      auto policy = Policy::compile(policy_text, "the ledger", PolicyReading::in_force);
      expect(policy.has_value(), 37, "a policy that is proposed cannot be read");
      if (!policy) return;
      known = std::make_shared<const Policy>(*std::move(policy));
    }
    books.proposals[change] = {to_hex(known->digest()), by, {}, known};
  }
  void agree(std::int64_t change, const std::string& by) {
    const auto found = books.proposals.find(change);
    if (found == books.proposals.end()) return;
    auto& proposal = found->second;
    if (by != proposal.proposer) proposal.yes.insert(by);
    if (proposal.yes.size() < 2 || proposal.digest == books.policy_in_force) return;
    books.policy_in_force = proposal.digest;
    books.policy = proposal.policy;
  }

  // -- a case
  void of_case(const std::string& id, const std::string& kind, const Json& body, Instant when, Instant true_time) {
    if (kind == "case_opened") return opened(id, body, when);
    const auto found = books.cases.find(id);
    expect(found != books.cases.end(), 1, "case ", id, " begins with ", kind);
    if (found == books.cases.end()) return;
    auto& book = found->second;
    if (kind == "signal_requested") requested(id, book, body);
    else if (kind == "evidence_recorded") evidence(id, book, at(body, "evidence"), when);
    else if (kind == "identity_verified") verified(id, book, body, when);
    else if (kind == "approval_recorded") approval(id, book, body, when);
    else if (kind == "action_permitted") permitted(id, book, body, when, true_time);
    else if (kind == "intent_recorded") intent(id, book, body, true_time);
    else if (kind == "outcome_recorded") outcome(id, book, body, when);
    else if (kind == "holder_objected") book.stopped = true;
    else if (kind == "case_closed") closed(id, book, body, when, true_time);
    else if (kind == "case_reviewed") reviewed(id, book, body);
  }

  void opened(const std::string& id, const Json& body, Instant when) {
    expect(!books.cases.contains(id), 1, "case ", id, " is opened twice");
    auto& book = books.cases[id];
    const auto& account = at(body, "account");
    book.opened_at = when;
    book.expires_at = instant(body, "expires_at").value_or(Instant{});
    book.account = text(account, "account");
    book.holder = text(account, "holder");
    book.requester = text(body, "requester");
    book.action = text(body, "action");
    book.policy = text(body, "policy");
    book.state_token = text(account, "state_token");
    book.requirement = at(body, "requirement");
    book.facts = account;
    book.involved = {book.requester, book.holder};
    expect(person_of(text(body, "requested_by")) == book.requester, 9, "case ", id, " names another requester");
    expect(book.requester != book.holder, 9, "case ", id, " was opened by whom the account belongs to");
    expect(book.policy == books.policy_in_force, 4, "case ", id, " was opened under a policy that is not in force");
    expect(serves(text(body, "requested_by"), "agent", when), 11, "case ", id, " was opened by no agent");
    if (!books.policy) return;
    auto& times = books.opened_24h[concat(book.account, book.action == "suspend" ? "/suspend" : "")];
    std::erase_if(times, [&](Instant t) { return t < when - hours(24); });
    expect(times.size() < books.policy->limits().cases_per_account_24h || book.action == "suspend", 41, "case ", id,
           " is one too many of ", book.account, " within a day");
    times.push_back(when);
  }

  void requested(const std::string& id, Book& book, const Json& body) {
    const auto requests = ++book.requested[text(body, "signal")];
    if (books.policy)
      expect(requests <= books.policy->limits().tries_per_signal, 41, "case ", id, " was sent too many codes");
  }

  void evidence(const std::string& id, Book& book, const Json& body, Instant when) {
    Item item;
    item.signal = text(body, "signal");
    item.passed = text(body, "result") == "passed";
    item.at = instant(body, "at").value_or(Instant{});
    item.enrolled_at = instant(body, "enrolled_at");
    item.unchanged_since = instant(body, "unchanged_since");
    item.rests_on_account = flag(body, "rests_on_account");
    item.attester = text(body, "attester");
    expect(item.at == when, 5, "evidence of case ", id, " has another time than its entry");
    const auto detail = text(body, "detail");
    if (item.passed && detail.starts_with("step "))  // of an authenticator app: each of its codes is good once
      expect(books.codes_used.insert(concat(book.account, " ", item.signal, " ", detail)).second, 6, "case ", id,
             " took a code again: ", detail);
    if (!item.attester.empty()) {
      expect(item.attester != book.requester && item.attester != book.holder, 9, "case ", id,
             " takes the word of somebody who has a part in it already");
      book.involved.insert(item.attester);
    }
    if (books.policy) {
      auto& tries = books.failed_24h[concat(book.account, "/", item.signal)];
      std::erase_if(tries, [&](Instant t) { return t < when - hours(24); });
      expect(tries.size() < books.policy->limits().tries_per_signal, 41, "case ", id, " was given ", item.signal,
             " once too often");
      if (item.passed) tries.clear();
      else tries.push_back(when);
    }
    book.evidence.push_back(std::move(item));
  }

  void verified(const std::string& id, Book& book, const Json& body, Instant when) {
    book.hold_until = instant(body, "hold_until");
    book.verified_until = instant(body, "expires_at");
    book.approved.clear();
    book.permit.reset();
    book.counted.clear();
    std::set<std::string> things;
    std::size_t strong = 0;
    const auto& numbers = at(body, "evidence");
    if (!numbers.is_array() || !books.policy) return;
    for (const auto& n : numbers.as_array()) {
      const auto place = n.is_int() ? n.as_int() : 0;
      const bool there = place >= 1 && place <= static_cast<std::int64_t>(book.evidence.size());
      expect(there, 6, "case ", id, " was verified on evidence that is not there");
      if (!there) continue;
      expect(std::ranges::find(book.counted, place) == book.counted.end(), 6, "case ", id, " counts evidence twice");
      book.counted.push_back(place);
      const auto& item = book.evidence[static_cast<std::size_t>(place - 1)];
      expect(item.passed, 6, "case ", id, " was verified on evidence that failed");
      const auto name = SignalName::parse(item.signal);
      const auto* rule = name ? books.policy->signal(*name) : nullptr;
      expect(rule != nullptr, 4, "case ", id, " counts ", item.signal, ", which its policy does not know");
      if (rule == nullptr) continue;
      counts(id, item, *rule, when);
      strong += rule->strong ? 1 : 0;
      for (const auto& thing : rule->rests_on)
        expect(things.insert(thing).second, 7, "case ", id, " counts ", thing, " twice");
    }
    const auto asked = number(book.requirement, "signals");
    expect(static_cast<std::int64_t>(book.counted.size()) >= asked, 4, "case ", id, " was verified on ",
           book.counted.size(), " signals of ", asked);
    expect(static_cast<std::int64_t>(strong) >= number(book.requirement, "strong"), 4, "case ", id,
           " was verified without the strong signals that it takes");
  }

  void counts(const std::string& id, const Item& item, const SignalRule& rule, Instant when) {
    expect(!rule.fresh || when - item.at <= *rule.fresh, 5, "case ", id, " counts a stale ", item.signal);
    expect(item.at <= when, 5, "case ", id, " counts a ", item.signal, " of the future");
    if (rule.enrolled_for)
      expect(item.enrolled_at && item.at - *item.enrolled_at >= *rule.enrolled_for, 5, "case ", id, " counts a ",
             item.signal, " that was bound too lately");
    if (rule.unchanged_for)
      expect(item.unchanged_since && item.at - *item.unchanged_since >= *rule.unchanged_for, 8, "case ", id,
             " counts a ", item.signal, " whose address changed too lately");
    expect(!item.rests_on_account, 8, "case ", id, " counts a ", item.signal, " that rests on the account");
  }

  void approval(const std::string& id, Book& book, const Json& body, Instant when) {
    const auto by = text(body, "by");
    const auto person = text(body, "person");
    expect(person_of(by) == person, 9, "an approval of case ", id, " names another person");
    expect(serves(by, "approver", when), 11, "`", by, "` approved case ", id, " and is no approver");
    expect(!book.involved.contains(person) || has_approved(book, person), 9, "`", by, "` approved case ", id,
           " and has another part in it");
    expect(!book.approved.contains(by), 3, "`", by, "` approved case ", id, " twice");
    const auto signature = text(at(body, "assertion"), "signature");
    const auto& list = at(body, "list");
    const bool listed = list.is_object();
    // One signature may stand for a list of cases; in one case it stands once.
    const auto key = listed ? concat(signature, " ", id, " ", number(body, "identity")) : signature;
    expect(books.signatures.insert(key).second, 10, "an approval of case ", id, " was signed for another");
    book.approved[by] = person;
    book.involved.insert(person);
    if (!books.policy) return;
    const auto& limits = books.policy->limits();
    const auto recovered = books.recovered.find(person);
    if (limits.cooldown_after_own_recovery && recovered != books.recovered.end())
      expect(when - recovered->second >= *limits.cooldown_after_own_recovery, 11, "`", by, "` approved case ", id,
             " soon after their own account was recovered");
    auto& times = books.approved_1h[person];
    std::erase_if(times, [&](const auto& t) { return t.first < when - hours(1); });
    const auto root = listed ? text(list, "root") : concat("alone ", id, " ", number(body, "identity"), by);
    const bool same = std::ranges::any_of(times, [&](const auto& t) { return t.second == root; });
    if (limits.approvals_per_approver_1h)
      expect(same || times.size() < *limits.approvals_per_approver_1h, 41, "`", by, "` approved once too often");
    if (!same) times.emplace_back(when, root);
  }
  static bool has_approved(const Book& book, const std::string& person) {
    const auto& o = book;
    return person != o.requester && person != o.holder &&
           std::ranges::none_of(o.evidence, [&](const Item& i) { return i.attester == person; });
  }

  [[nodiscard]] bool serves(const std::string& staff, std::string_view role, Instant when) const {
    const auto found = books.staff.find(staff);
    return found != books.staff.end() && !found->second.removed && found->second.ends_at > when &&
           std::ranges::find(found->second.roles, role) != found->second.roles.end();
  }

  void permitted(const std::string& id, Book& book, const Json& body, Instant when, Instant true_time) {
    Permit permit;
    permit.attempt = number(body, "attempt");
    permit.approvers = texts(body, "approvers");
    permit.expires_at = instant(body, "expires_at").value_or(Instant{});
    expect(!book.stopped, 14, "case ", id, " is permitted after it was stopped");
    expect(!book.permit, 3, "case ", id, " is permitted twice");
    expect(book.open_execution.empty(), 20, "case ", id, " is permitted while an execution is open");
    expect(text(body, "policy") == books.policy_in_force && book.policy == books.policy_in_force, 4, "case ", id,
           " is permitted under a policy that is not in force");
    expect(book.hold_until && *book.hold_until <= when, 34, "case ", id, " is permitted before its hold is over");
    expect(book.verified_until && when < *book.verified_until && when < book.expires_at, 34, "case ", id,
           " is permitted after its verification lapsed");
    if (book.hold_until && true_time >= clock_right_at)
      expect(true_time + tolerance(true_time) + seconds(1) >= *book.hold_until, 34, "case ", id,
             " is permitted before its hold is over in truth");
    check_people(id, book, permit.approvers, when);
    book.permit = std::move(permit);
  }

  void check_people(const std::string& id, const Book& book, const std::vector<std::string>& approvers, Instant when) {
    std::set<std::string> persons;
    for (const auto& by : approvers) {
      const auto found = book.approved.find(by);
      expect(found != book.approved.end(), 10, "case ", id, " counts an approval by `", by, "` that nobody gave");
      expect(serves(by, "approver", when), 11, "case ", id, " counts `", by, "`, who is no approver any more");
      persons.insert(person_of(by));
    }
    expect(!persons.contains(book.requester) && !persons.contains(book.holder), 9, "case ", id,
           " is approved by somebody with another part in it");
    for (const auto& item : book.evidence)
      expect(item.attester.empty() || !persons.contains(item.attester), 9, "case ", id,
             " is approved by whoever vouched");
    std::int64_t needed = 0;
    const auto& lines = at(book.requirement, "approvers");
    if (lines.is_array())
      for (const auto& line : lines.as_array()) needed = std::max(needed, number(line, "at_least"));
    expect(static_cast<std::int64_t>(persons.size()) >= needed, 13, "case ", id, " was approved by ", persons.size(),
           " persons of ", needed);
  }

  void intent(const std::string& id, Book& book, const Json& body, Instant true_time) {
    Execution x;
    const auto execution = text(body, "execution");
    const auto attempt = number(body, "attempt");
    x.account = text(body, "account");
    x.in_case = id;
    x.marker_to = text(body, "marker_to");
    x.fence_token = number(body, "fence_token");
    x.state_token = text(body, "state_token");
    expect(book.permit && book.permit->attempt == attempt, 1, "an intent of case ", id, " has no permit");
    expect(book.consumed.insert(attempt).second, 3, "a permit of case ", id, " is used twice");
    expect(!books.executions.contains(execution), 3, "execution ", execution, " is begun twice");
    expect(!book.stopped, 14, "case ", id, " is begun after it was stopped");
    expect(x.account == book.account && text(body, "action") == book.action, 1, "case ", id,
           " is begun on another account or action");
    expect(x.state_token == book.state_token, 2, "case ", id, " is begun on another state than was decided upon");
    const auto open = books.open_by_account.find(x.account);
    expect(open == books.open_by_account.end(), 20, "case ", id, " is begun while case ",
           open == books.open_by_account.end() ? "" : open->second, " is open on the account");
    expect(x.fence_token > books.fence_tokens[x.account], 20, "case ", id, " is begun with fence token ", x.fence_token,
           " after ", books.fence_tokens[x.account]);
    const auto& seen = looks[x.account];
    const bool shown_within = std::ranges::any_of(seen, [&](const Seen& s) {
      const auto marker = read_marker(s.marker);
      return s.marker.empty() || (marker && static_cast<std::int64_t>(marker->token) <= books.fence_tokens[x.account]);
    });
    expect(shown_within, 21, "case ", id, " is begun on an account of which the ledger lost something");
    if (book.permit) {
      x.permit_ends = std::min(book.permit->expires_at, book.expires_at);
      std::vector<std::string> still;  // some may have left since; those who are there must suffice
      for (const auto& [by, person] : book.approved)
        if (serves(by, "approver", books.last_at)) still.push_back(by);
      check_people(id, book, still, books.last_at);
    }
    x.shown_as_recorded = was_shown_as_recorded(book);
    if (true_time >= clock_right_at) {
      expect(true_time < x.permit_ends + tolerance(true_time), 34, "case ", id, " is begun after its permit ended");
      expect(book.hold_until && true_time + tolerance(true_time) + seconds(1) >= *book.hold_until, 34, "case ", id,
             " is begun before its hold is over in truth");
    }
    books.fence_tokens[x.account] = std::max(books.fence_tokens[x.account], x.fence_token);
    books.open_by_account[x.account] = id;
    book.open_execution = execution;
    book.permit.reset();
    books.executions[execution] = x;
    ever_intended[execution] = x;
  }

  void outcome(const std::string& id, Book& book, const Json& body, Instant when) {
    const auto execution = text(body, "execution");
    const auto what = text(body, "outcome");
    const auto found = books.executions.find(execution);
    expect(found != books.executions.end() && found->second.in_case == id && book.open_execution == execution, 1,
           "an outcome of case ", id, " has no intent");
    if (found == books.executions.end()) return;
    auto& x = found->second;
    expect(x.outcome != "done" && x.outcome != "not_done", 3, "execution ", execution, " ends twice");
    const bool happened = std::ranges::any_of(
        effects, [&](const Effect& e) { return !e.fence && e.execution == execution && e.account == x.account; });
    const bool stands = std::ranges::any_of(effects, [&](const Effect& e) {
      return !e.fence && !e.undone && e.execution == execution && e.account == x.account;
    });
    if (what == "done") {
      ++x.dones;
      expect(x.dones == 1, 3, "execution ", execution, " is done twice");
      expect(happened, 17, "execution ", execution, " is said to be done and did not happen");
    }
    if (what == "not_done") {
      expect(!stands, 44, "execution ", execution, " is said not to have happened and did");
      if (flag(body, "reconciled")) {
        const bool fenced = std::ranges::any_of(
            effects, [&](const Effect& e) { return e.fence && e.execution == execution && e.account == x.account; });
        expect(fenced, 19, "execution ", execution, " is said not to happen any more and was not fenced");
      }
    }
    const bool before_out = x.outcome == "done" || x.outcome == "unknown";
    if (what != "not_done" && !before_out && book.action != "suspend") books.recovered[book.holder] = when;
    x.outcome = what;
    ever_intended[execution].outcome = what;
    if (what == "unknown") return;
    book.open_execution.clear();
    books.open_by_account.erase(x.account);
  }

  void closed(const std::string& id, Book& book, const Json& body, Instant when, Instant true_time) {
    book.result = text(body, "result");
    expect(!book.closed, 14, "case ", id, " is closed twice");
    expect(book.open_execution.empty(), 18, "case ", id, " is closed while its execution is open");
    if (book.result == "expired") expect(when >= book.expires_at, 34, "case ", id, " expired before its time");
    if (book.result == "expired" && true_time >= clock_right_at)
      expect(true_time + tolerance(true_time) >= book.expires_at, 34, "case ", id, " expired before its true time");
    book.closed = book.stopped = true;
    book.permit.reset();
  }

  void reviewed(const std::string& id, const Book& book, const Json& body) {
    expect(book.closed && book.result == "done", 36, "case ", id, " was reviewed and did nothing");
    expect(!book.involved.contains(text(body, "person")), 36, "case ", id, " was reviewed by somebody who was there");
    expect(person_of(text(body, "by")) == text(body, "person"), 36, "the review of case ", id, " names another person");
  }

  // -- the directory --------------------------------------------------------------------------------
  void wrote(const DirectoryWrite& write) {
    markers[write.account] = write.marker_to;
    if (write.by == DirectoryWrite::By::outsider) return;
    const auto marker = read_marker(write.marker_to);
    expect(marker.has_value(), 16, "the account ", write.account, " got the marker ", write.marker_to);
    if (!marker) return;
    const bool fence = write.by == DirectoryWrite::By::fence;
    expect(marker->kind == (fence ? 'f' : 'e'), 16, "a marker of the wrong kind: ", write.marker_to);
    const auto found = ever_intended.find(marker->execution);
    expect(found != ever_intended.end(), 16, "the directory was written for ", marker->execution,
           " and the ledger holds no intent");
    expect(found != ever_intended.end(), 32, "the directory was written for ", marker->execution,
           " though the ledger had not taken the intent");
    if (found == ever_intended.end()) return;
    const auto& x = found->second;
    expect(x.account == write.account && x.fence_token == static_cast<std::int64_t>(marker->token), 16,
           "the directory was written on another account or with another token than was recorded: ", write.marker_to);
    expect(fence || x.outcome != "not_done", 19, "execution ", marker->execution,
           " happens after it was said not to have happened");
    if (!fence) {
      expect(write.state_token == x.state_token, 2, "execution ", marker->execution, " wrote on another state");
      const auto before = std::ranges::count_if(
          effects, [&](const Effect& e) { return !e.fence && !e.undone && e.execution == marker->execution; });
      expect(before == 0, 17, "execution ", marker->execution, " happened twice");
      expect(before == 0, 45, "execution ", marker->execution, " happened twice");
      expect(x.shown_as_recorded, 15, "execution ", marker->execution,
             " wrote on an account that was shown otherwise than the case has it");
    }
    effects.push_back({write.place, write.account, marker->execution, fence, false});
  }

  // One of the executors' last looks at the account showed it as the case has it.
  [[nodiscard]] bool was_shown_as_recorded(const Book& book) {
    return std::ranges::any_of(looks[book.account], [&](const Seen& s) {
      const auto shown = record_to_json(s.facts);
      for (const auto& [name, value] : shown.as_object())
        if (name != "read_at" && name != "locked" && at(book.facts, name) != value) return false;
      return true;
    });
  }

  // -- the end --------------------------------------------------------------------------------------
  void end() {
    for (const auto& [execution, x] : books.executions) {
      expect(!x.outcome.empty(), 18, "execution ", execution, " has no outcome");
      const bool stands = std::ranges::any_of(
          effects, [&](const Effect& e) { return !e.fence && !e.undone && e.execution == execution; });
      expect(!(x.outcome == "not_done" && stands), 44, "execution ", execution, " happened and is said not to have");
    }
    for (const auto& e : effects) {
      if (e.fence || e.undone || lost_with_backup.contains(e.execution)) continue;
      const auto found = books.executions.find(e.execution);
      expect(found != books.executions.end() && (found->second.outcome == "done" || found->second.outcome == "unknown"),
             17, "execution ", e.execution, " happened and the ledger does not say so");
    }
  }
};

Auditor::Auditor(Instant clock_right_at) : impl_(std::make_unique<Impl>(clock_right_at)) {}
Auditor::~Auditor() = default;

void Auditor::entry(std::uint64_t index, std::string_view bytes, Instant true_time) {
  impl_->entry(index, bytes, true_time);
}

void Auditor::looked(const AccountFacts& facts, const Marker& marker) {
  constexpr std::size_t looks_kept = 3;  // of two executors, one within the other's
  auto& seen = impl_->looks[facts.account.text()];
  seen.insert(seen.begin(), {facts, marker});
  if (seen.size() > looks_kept) seen.pop_back();
}

void Auditor::wrote(const DirectoryWrite& write) { impl_->wrote(write); }
void Auditor::canary(std::string secret) { impl_->canaries.push_back(std::move(secret)); }

void Auditor::ledger_put_back(std::uint64_t entries) {
  auto kept = std::move(impl_->entries);
  for (const auto& [execution, x] : impl_->books.executions) impl_->lost_with_backup.insert(execution);
  impl_->entries.clear();
  impl_->books = {};
  impl_->rereading = true;
  for (std::uint64_t i = 0; i < entries && i < kept.size(); ++i) impl_->entry(i, kept[i], Instant{});
  impl_->rereading = false;
  for (const auto& [execution, x] : impl_->books.executions)
    if (!x.outcome.empty()) impl_->lost_with_backup.erase(execution);
}

void Auditor::directory_put_back(std::uint64_t writes, const std::map<std::string, Marker>& markers) {
  for (auto& effect : impl_->effects)
    if (effect.place >= writes) effect.undone = true;
  impl_->markers = markers;
}

void Auditor::end() { impl_->end(); }

void Auditor::expect(bool holds, unsigned number, std::string_view what) { impl_->expect(holds, number, what); }

const std::vector<Violation>& Auditor::violations() const { return impl_->violations; }
const std::array<std::uint64_t, invariants_max + 1>& Auditor::checks() const { return impl_->checks; }

}  // namespace sallyport::sim
