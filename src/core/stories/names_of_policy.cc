#include <algorithm>
#include <set>

#include "base/text.h"
#include "core/policy/fields.h"
#include "core/stories/story.h"

namespace sallyport::stories {
namespace {

using Kind = NameOfPolicy::Kind;
using Names = std::vector<std::string_view>;

constexpr std::string_view home = "home";  // the organization of whom it is not said

void add_groups(const Policy& policy, const Condition& condition, std::set<std::string_view>& to) {
  for (const auto& test : condition.tests())
    if (test.kind == Condition::Test::Kind::group) to.insert(policy.symbols().text(test.symbol));
}

Names groups_of(const Policy& policy) {
  std::set<std::string_view> out;
  for (const auto& c : policy.classes())
    if (c.when) add_groups(policy, *c.when, out);
  for (const auto& p : policy.risk_points()) add_groups(policy, p.when, out);
  for (const auto& r : policy.rules()) add_groups(policy, r.when, out);
  return {out.begin(), out.end()};
}

// What approvers are asked for: their seat, their team, their organization.
Names of_approvers(const Policy& policy, auto member) {
  std::set<std::string_view> out;
  for (const auto& constraint : policy.selectors())
    if (const auto& name = constraint.*member) out.insert(name->text());
  out.erase("account.organization");
  return {out.begin(), out.end()};
}

struct Known {
  Names names;
  std::string_view what;
  bool all = true;  // no other name means anything; else others do, unless they are nearly one of these
};

Known known_of(const Policy& policy, Kind kind) {
  switch (kind) {
    case Kind::seat: return {of_approvers(policy, &ApproverConstraint::role), "a seat", true};
    case Kind::group: return {groups_of(policy), "a group", true};
    case Kind::notice: {
      Known out{{}, "a way to tell the holder", true};
      for (const auto& n : policy.notices()) out.names.emplace_back(n.name.text());
      return out;
    }
    case Kind::team: return {of_approvers(policy, &ApproverConstraint::outside), "a team", false};
    case Kind::organization: break;
  }
  auto out = Known{of_approvers(policy, &ApproverConstraint::from), "an organization", false};
  out.names.push_back(home);
  return out;
}

}  // namespace

std::vector<PolicyProblem> names_unknown_to(const Story& story, const Policy& policy) {
  std::vector<PolicyProblem> out;
  for (const auto& named : story.names) {
    const auto known = known_of(policy, named.kind);
    if (std::ranges::find(known.names, named.text) != known.names.end()) continue;
    const auto near = nearest_name(named.text, known.names);
    if (!known.all && !near) continue;
    std::string list;
    for (const auto name : known.names) list += concat(list.empty() ? "" : ", ", name);
    out.push_back({named.line, named.column,
                   concat("`", named.text, "` is not ", known.what, " of the policy ", policy.name()),
                   near           ? concat("did you mean `", *near, "`?")
                   : list.empty() ? std::string("leave it out: the policy asks for none")
                                  : concat("one of: ", list),
                   false});
  }
  return out;
}

}  // namespace sallyport::stories
