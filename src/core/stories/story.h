// A story: a small world, what people do at which time, and what must then be so. Written so that a help-desk manager
// can read one and nod; the grammar is in docs/scenarios.md.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "core/alerts/alerts.h"
#include "core/cases/event.h"
#include "core/cases/state.h"
#include "core/model/account.h"
#include "core/model/action.h"
#include "core/model/denial.h"
#include "core/model/staff.h"
#include "core/policy/policy.h"

namespace sallyport::stories {

struct Person {
  std::string name;
  std::vector<StaffRole> roles;
  std::vector<RoleName> seats;
  std::optional<TeamId> team;
  std::optional<OrganizationId> organization;
  std::string holder_of;  // an account: it is their own
};

struct ReachedBy {  // a way to tell the holder
  NoticeName way;
  std::optional<Duration> unchanged;  // the address, before the case is opened; absent: since long ago
};
struct Account {
  std::string name;
  bool admin = false, executive = false, active = true, locked = false;
  bool disguised = false;   // who opens a case on it is shown an ordinary account
  std::string manager;      // one of the people; empty: not known
  std::optional<std::vector<ReachedBy>> reached_by;  // absent: by all ways of the policy
  std::string employment = "employee";
  std::vector<std::string> groups;
  std::optional<OrganizationId> organization;
};

// -- what happens -------------------------------------------------------------------------------
struct Opens {
  std::string by, account;
  Action action = Action::unlock;
  std::string channel = "phone";
};
struct
    OpensMany {  // one for each of so many accounts of which nothing else is told: an unlock, for an ordinary account
  std::string by;
  std::uint32_t number = 0;
  std::string channel = "phone";
};
inline constexpr std::uint32_t opens_many_max = 5000;
struct Joins {};
struct Gives {
  SignalName signal;
  EvidenceResult result = EvidenceResult::passed;
  std::optional<Duration> bound, unchanged, data_age;  // so long before; absent: long ago, or not known when...
  bool bound_unknown = false, unchanged_unknown = false;
  bool own_mailbox = false;
  std::string attested_by;  // empty: somebody who may and has no other part in the story
};
struct Seals {};
struct Approves {
  std::string by;
  enum class What : std::uint8_t {
    this_case,
    another_statement,  // of another case
    on_another_page,  // signed for another origin than the gateway's
    without_pin,  // by touch alone: no user verification
  } what = What::this_case;
};
struct ApprovesList {  // with one signature over all of them, or over none
  std::string by;
  std::vector<std::string> cases;
};
struct Reviews {  // cases that have acted, each by itself or with one signature over all
  std::string by;
  ReviewVerdict verdict = ReviewVerdict::proper;
  std::vector<std::string> cases;  // one: by itself
  bool as_list = false;
};
struct Denies {
  std::string by;
};
struct Cancels {
  std::string by;
};
struct Asks {  // for the action to be carried out
  std::string by;
  Action action = Action::unlock;
};
struct Acts {  // the executor
  Outcome outcome = Outcome::done;
};
struct Leaves {  // the staff
  std::string who;
};
struct Objects {  // the account holder: it was not them
  std::string through;
  std::string heard_by;  // empty: by a way of the holder's own
};
struct Becomes {  // an account, in its directory
  std::string account;
  enum class What : std::uint8_t { admin, executive, inactive, leaver, in_group } what = What::admin;
  std::string group;
};
struct Proposes {  // a policy
  std::string by, file;
};
struct Agrees {  // to the latest proposal
  std::string by;
};
struct SetsClock {  // the gateway's, against the story's
  Duration by;  // negative: back
};
struct Forges {  // in the database, around every rule
  enum class What : std::uint8_t {
    approval,  // writes one that `whose` did not sign
    loss,  // cuts the case's approvals out
    put_back,  // leaves of the ledger what was there before the case was
  } what = What::approval;
  std::string whose;
};
struct LedgerStops {};  // it takes nothing from now on
using Deed = std::variant<Opens, OpensMany, Joins, Gives, Seals, Approves, Denies, Cancels, Asks, Acts, Leaves, Objects,
                          Becomes, Proposes, Agrees, SetsClock, Forges, ApprovesList, Reviews, LedgerStops>;

struct Line {
  std::size_t line = 0;
  std::string text;  // as it stands in the file
  Duration at;  // since the story's first midnight
  std::string case_name;  // empty when it is about none
  Deed deed;
  std::optional<DenialCode> refused;  // must be refused, with this code; absent: must be allowed
  bool fails = false;  // must be neither: what would be so cannot be written down
};

// -- what must then be so -------------------------------------------------------------------------
struct CaseIs {
  std::string case_name;
  enum class What : std::uint8_t {
    verifying,
    approving,
    permitted,
    executing,
    unknown,
    done,
    failed,
    cancelled,
    expired,
    denied,
    unopened
  } what = What::verifying;
};
struct WritesAre {
  std::uint32_t number = 0;
};
struct Lasted {  // the directory was told to end the effect by itself
  std::string case_name;
  Duration span;
};
struct AlertIs {  // raised, by the ledger
  Alert alert = Alert::holder_objected;
  std::string case_name;  // empty: for whichever
};
struct NoAlert {};  // at all
struct TimelineShows {  // these entries in this order, among others
  std::string case_name;
  std::vector<std::string> words;  // as ends.h calls them
};
struct PasswordNowhere {  // the one that was chosen stands in nothing that is kept
  std::string case_name;
};
struct LedgerIsNotSound {};  // the auditor convicts it; unless this stands there it has to be sound
struct Expectation {
  std::size_t line = 0;
  std::string text;
  std::variant<CaseIs, WritesAre, LedgerIsNotSound, AlertIs, NoAlert, TimelineShows, Lasted, PasswordNowhere> what;
};

// What a story takes from its policy by name: a seat that no approver needs, or a group that nothing asks for, makes it
// another story than the one that is told. Only who has the policy can tell (names_unknown_to).
struct NameOfPolicy {
  enum class Kind : std::uint8_t { seat, group, notice, team, organization } kind = Kind::seat;
  std::string text;
  std::size_t line = 1, column = 1;
};

struct Story {
  std::string name, source, kind, policy;  // `policy`: a file, from where the story stands
  std::size_t policy_line = 1, policy_column = 1;  // where it is named
  std::string pending;  // why it cannot be played yet; empty: it can
  std::vector<Person> people;
  std::vector<Account> accounts;
  std::vector<Line> lines;
  std::vector<Expectation> ends;
  std::vector<NameOfPolicy> names;  // in the order of the text
};

inline constexpr std::size_t story_bytes_max = 64 * 1024;
inline constexpr std::size_t story_lines_max = 1000;

// Every problem that can be found at once, with line, column and what would be right.
[[nodiscard]] std::expected<Story, std::vector<PolicyProblem>> read_story(std::string_view text);

// Names that the policy the story was written for does not know: seats, groups and ways to be told, and teams and
// organizations that are a slip of the pen away from those it knows.
[[nodiscard]] std::vector<PolicyProblem> names_unknown_to(const Story& story, const Policy& policy);

}  // namespace sallyport::stories
