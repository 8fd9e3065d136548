#include "core/policy/words.h"

#include "base/text.h"

namespace sallyport {

std::string age_text(Duration age) {
  const auto ms = age.milliseconds;
  if (ms >= days(2).milliseconds) return concat(ms / days(1).milliseconds, "d");
  if (ms >= hours(2).milliseconds) return concat(ms / hours(1).milliseconds, "h");
  if (ms >= minutes(2).milliseconds) return concat(ms / minutes(1).milliseconds, "m");
  return concat(ms / 1000, "s");
}

std::string or_list(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += concat(i == 0 ? "" : i + 1 == names.size() ? " or " : ", ", names[i]);
  return out;
}

std::vector<std::string> names_of(const Policy& policy, SignalSet signals) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < policy.signals().size(); ++i)
    if (((signals >> i) & 1U) != 0) out.push_back(policy.signals()[i].name.text());
  return out;
}

std::string words_for(const EvidenceFinding& f, const SignalName& signal) {
  const auto& name = signal.text();
  switch (f.objection) {
    case Objection::none: return "counts";
    case Objection::failed: return "it failed";
    case Objection::not_in_policy: return concat(name, " is not a signal of the policy");
    case Objection::not_allowed: return concat(name, " is not allowed for this action");
    case Objection::rests_on_account: return concat(name, " rests on the account that is being recovered");
    case Objection::in_the_future: return "it lies in the future";
    case Objection::too_old:
      return concat(name, " evidence is ", age_text(f.is), " old, the policy accepts ", to_string(f.asked));
    case Objection::binding_unknown: return "it is not known when the authenticator was bound";
    case Objection::bound_lately:
      return concat("the authenticator was bound ", age_text(f.is), " before, the policy asks ", to_string(f.asked));
    case Objection::change_unknown: return "it is not known when the address on file last changed";
    case Objection::changed_lately:
      return concat("the address on file changed ", age_text(f.is), " before, the policy asks ", to_string(f.asked));
    case Objection::data_age_unknown: return concat("the age of the data behind ", name, " is not known");
    case Objection::data_too_old:
      return concat("the data behind ", name, " is ", age_text(f.is), " old, the policy accepts ", to_string(f.asked));
    case Objection::not_independent: return "it rests on the same thing as evidence that counts, or repeats it";
  }
  return "";
}

std::string_view words_for(SeatObjection objection) noexcept {
  switch (objection) {
    case SeatObjection::none: return "counts";
    case SeatObjection::same_person: return "the same person has approved already";
    case SeatObjection::no_seat: return "no seat of this case is for them";
    case SeatObjection::over_budget: return "they have given all the approvals that the policy allows in an hour";
    case SeatObjection::in_cooldown: return "their own account was recovered lately";
  }
  return "";
}

std::string words_for_seats(std::uint32_t count, const ApproverConstraint& c) {
  auto out = concat(count, count == 1 ? " approval by someone" : " approvals by someone");
  if (c.role) out += concat(" with the role ", c.role->text());
  if (c.outside) out += concat(" from outside ", c.outside->text());
  if (c.from) out += concat(" from ", c.from->text());
  return out;
}

std::vector<Missing> missing_identity(const Policy& policy, const Needs& needs, const Weighed& weighed) {
  std::vector<Missing> out;
  for (const auto& name : names_of(policy, needs.include & ~weighed.counted))
    out.push_back({concat("the signal ", name), "claimant"});
  if ((needs.include >> policy.signals().size()) != 0)
    out.push_back({"a signal that the policy does not have", "nobody"});
  const auto of_use = [&](SignalSet set) {
    const auto names = names_of(policy, set);
    return names.empty() ? std::string("none") : or_list(names);
  };
  SignalSet strong = 0;
  for (std::size_t i = 0; i < policy.signals().size(); ++i)
    if (policy.signals()[i].strong) strong |= SignalSet{1} << i;
  if (weighed.count < needs.signals)
    out.push_back({concat(std::uint32_t{needs.signals}, " independent signals, ", std::uint32_t{weighed.count},
                          " given so far; of use now: ", of_use(weighed.usable)),
                   "claimant"});
  if (weighed.strong_count < needs.strong)
    out.push_back({concat(std::uint32_t{needs.strong}, " of them strong, ", std::uint32_t{weighed.strong_count},
                          " given so far; of use now: ", of_use(weighed.usable & strong)),
                   "claimant"});
  return out;
}

}  // namespace sallyport
