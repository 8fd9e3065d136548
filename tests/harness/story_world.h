// The world of a story on a site in memory: its operators and people, its accounts with what their holders keep at
// home, and its clock.
#pragma once

#include <array>
#include <deque>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "../tests/harness/memory_site.h"
#include "base/text.h"
#include "core/organization/policy_proposal.h"
#include "core/stories/story.h"

namespace sallyport::harness {

inline constexpr std::string_view midnight = "2026-03-02T00:00:00.000Z";  // of day 1
inline constexpr std::string_view long_ago = "2025-01-01T00:00:00.000Z";  // when what the story does not say was bound
inline constexpr std::string_view allowed = "allowed";
// No story can name them: its names are shorter.
inline constexpr std::array<std::string_view, 3> operators{"operator-of-the-site-who-opens-its-ledger-as-number-one",
                                                           "operator-of-the-site-who-opens-its-ledger-as-number-two",
                                                           "operator-of-the-site-who-opens-its-ledger-as-number-three"};

[[nodiscard]] inline Instant instant(std::string_view text) { return *instant_from_rfc3339(text); }
[[nodiscard]] inline StaffId staff_id(std::string_view name) { return *StaffId::parse(name); }
[[nodiscard]] inline PersonId person_id(std::string_view name) { return *PersonId::parse(concat("person.", name)); }
[[nodiscard]] inline std::string refused(DenialCode code) { return concat("refused, ", to_string(code)); }

// "allowed", "refused, approver_in_cooldown", or what broke.
template <typename T>
[[nodiscard]] std::string heard(const Result<Ruling<T>>& answer) {
  if (!answer) {
    const auto name = answer.error().what.substr(0, answer.error().what.find(':'));
    for (const auto code : EnumValues<DenialCode>::all)  // a denial on its way from the recorder to the executor
      if (answer.error().kind == FaultKind::rejected && to_string(code) == name) return refused(code);
    return concat("a fault: ", answer.error().what);
  }
  return *answer ? std::string(allowed) : refused(answer->error().code);
}

struct Drawer {
  SecretBytes seed;
  std::deque<std::string> codes;
};

class StoryWorld {
 public:
  explicit StoryWorld(const stories::Story& story);

  // Accounts, operators, people, and the policy in force at midnight of day 1. What was refused, or nothing.
  [[nodiscard]] std::optional<std::string> set_up(const ProposePolicy& policy);
  // Authenticators that are bound between now and then are bound on the way.
  void set_clock(Instant to);

  // Signed by an operator; what it was refused with, or nothing.
  template <typename Change>
  [[nodiscard]] std::optional<std::string> change(std::string_view by, Change change) {
    const auto organization = site.adjudicator->organization();
    change.signature.number = organization->changes + 1;
    change.signature.by = staff_id(by);
    change.signature.assertion = Stage::sign(by, change_domain, change_statement(*organization, change));
    const auto answer = answer_of<Result<Ruling<void>>>(
        [&](auto done) { site.adjudicator->change(OrganizationChange(std::move(change)), std::move(done)); });
    if (heard(answer) == allowed) return std::nullopt;
    return heard(answer);
  }
  // To the change that was asked for last, as far as it waits for anybody.
  [[nodiscard]] std::optional<std::string> agree(std::initializer_list<std::string_view> names);

  // Is it bound here at the time told? Else nobody gives it to the desk.
  [[nodiscard]] static bool can_bind(const stories::Line& line, const stories::Gives& gives);
  [[nodiscard]] const std::string& account_of(const std::string& case_name) const;
  [[nodiscard]] Drawer& drawer_of(const std::string& case_name) { return drawers_[account_of(case_name)]; }
  [[nodiscard]] MemoryDirectory::Held& held_of(const std::string& case_name) {
    return site.directory.accounts[account_of(case_name)];
  }

  // Who says so of a signal that rests on somebody's word, where the story names nobody; null: it rests on no word.
  [[nodiscard]] const std::string* attester_of(const std::string& signal) const;
  [[nodiscard]] PersonId person_of(const std::string& name) const;  // one of the story's people
  // An account of which the story tells nothing but that it is there.
  void furnish_another(const std::string& name);

  MemorySite site;

 private:
  void furnish(const stories::Account& account);
  // Invited by an operator, with an app and a sheet of codes now.
  [[nodiscard]] std::optional<std::string> bind(const std::string& account);

  const stories::Story& story_;
  std::map<std::string, Drawer> drawers_;  // by account
  std::map<std::string, std::string> attesters_;  // by signal
  std::multimap<Instant, std::string> to_bind_;  // when, and whose
};

}  // namespace sallyport::harness
