#include "core/policy/policy.h"

#include <algorithm>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {

const SignalRule* Policy::signal(const SignalName& name) const {
  const auto found = std::ranges::find(signals_, name, &SignalRule::name);
  return found == signals_.end() ? nullptr : &*found;
}

Ruling<Required> Policy::required(const AccountFacts& account, Action action) const {
  const auto floor = actions_.find(action);
  if (floor == actions_.end())
    return deny(DenialCode::action_not_in_policy, concat("policy `", name_, "` gives no floor for ", to_string(action)),
                "ask whoever keeps the policy to name the action");
  if (!account.active)
    return deny(DenialCode::account_inactive, "the account is not active in its directory",
                "an account that was closed is restored by its owner's process, not by recovery");

  // What unlocks an administrator is a right of its own, and it would be the same write.
  if (action == Action::unlock && account.admin)
    return deny(DenialCode::action_not_in_policy, "an administrator's account is not unlocked by `unlock`",
                "open the case for admin_unlock");

  // The first class that matches; one that cannot be evaluated matches (the most protected stand first).
  const auto matches = [&](const AccountClass& c) {
    return !c.when || c.when->evaluate({account, action}) != Truth::no;
  };
  const auto account_class = std::ranges::find_if(classes_, matches);
  SALLYPORT_ASSERT(account_class != classes_.end());  // the loader refuses a policy whose last class has a condition

  Required out;
  out.account_class = account_class->name;
  out.action_tier = floor->second;
  out.class_tier = account_class->floor;
  out.requirement = join(tiers_.at(floor->second), Requirement{});
  out.reasons.push_back(concat(to_string(action), " has the floor ", floor->second.text()));
  if (account_class->floor) {
    out.requirement = join(out.requirement, tiers_.at(*account_class->floor));
    out.reasons.push_back(
        concat("class ", account_class->name.text(), " has the floor ", account_class->floor->text()));
  }
  return out;
}

}  // namespace sallyport
