// The C++ side of prover_brute.py: reads one model a line from stdin, answers one line with what `sallyport policy
// prove` would print of it, in canonical form, or with {"refused": [...]}.
//
// On the way every account is asked about once more, by the engine that policies are proved with
// (core/proof/account_prover.h), and a certificate is made of what holds and of what does not: where these say
// something else, the answer is {"differs": ...}, which is no reference's.
#include <algorithm>
#include <iostream>
#include <string>
#include <utility>

#include "base/text.h"
#include "core/certificate/check.h"
#include "core/proof/account_prover.h"
#include "core/proof/certificate.h"
#include "core/prover/prove.h"
#include "core/prover/read_model.h"

namespace sallyport::prover {
namespace {

Json names_of(const Antichain& sets, const auto& named) {
  Json out = Json::array();
  for (const auto& set : sets) {
    Json one = Json::array();
    set.each([&](std::size_t element) { one.push(named[element].name); });
    out.push(std::move(one));
  }
  return out;
}

Json claim(std::string_view guarantee, const Account& account) {
  return Json::object({{"guarantee", guarantee}, {"account", account.name}});
}

// What is not the same, and "" when all is.
std::string difference(const Json& json, const Model& model, const Json& answers) {
  proof::AccountProver prover(model);
  for (const auto& account : model.accounts) {
    const auto& expected = *answers.find("accounts")->find(account.name);
    const auto differs = [&](std::string_view what) { return concat(account.name, ": ", what); };
    const auto dominance = prover.dominance(account);
    const auto& verdict = expected.find("dominance")->as_string();
    if (to_string(dominance.verdict) != (verdict == "no-recovery" ? "proved" : verdict)) return differs("verdict");
    if (names_of(dominance.front, model.atoms) != *expected.find("front")) return differs("front");
    if (names_of(dominance.weaker, model.atoms) != *expected.find("weaker")) return differs("weaker");
    if (names_of(dominance.incomparable, model.atoms) != *expected.find("incomparable")) return differs("incomparable");

    const auto& collusion = *expected.find("collusion");
    const auto k = collusion.find("k")->is_null() ? model.persons.size() + 1
                                                  : static_cast<std::size_t>(collusion.find("k")->as_int());
    for (std::size_t most = 0; most <= model.persons.size(); ++most) {
      Json small = Json::array();
      for (const auto& gang : collusion.find("sets")->as_array())
        if (gang.as_array().size() <= most) small.push(gang);
      if (names_of(prover.gangs(account, most), model.persons) != small) return differs("gangs");
    }
    for (const auto& [group, falls] : expected.find("group_alone")->as_object()) {
      std::vector<bool> members;
      for (const auto& person : model.persons)
        members.push_back(std::ranges::find(person.groups, group) != person.groups.end());
      if (prover.falls_to(account, members) != falls.as_bool()) return differs("group_alone");
    }
    if (const auto* lockout = expected.find("lockout")) {
      for (const auto& loss : account.losses) {
        const auto ways = prover.ways_left(account, loss.atoms);
        const auto& paths = *lockout->find("after_loss")->find(loss.name);
        if (paths.is_null() == ways.has_value() || (ways && std::cmp_not_equal(*ways, paths.as_int())))
          return differs("ways left");
      }
    }

    // A certificate says what holds, and nothing more.
    if (!json.find("atoms") || !json.find("persons") || !json.find("recovery")) continue;
    const auto accepted = [&](Json one) {
      const auto made = proof::families_for(Json::array({std::move(one)}), json, model);
      return made && check_certificate(json, *made).has_value();
    };
    const bool fine = verdict == "proved" || verdict == "no-recovery";
    if (accepted(claim("recovery_not_weaker_than_sign_in", account).set("accepted", Json::array())) != fine)
      return differs("certificate of dominance");
    for (const auto least : {k, k + 1})
      if (least >= 1 && accepted(claim("people_needed", account).set("at_least", least)) !=
                            (least <= k || collusion.find("k")->is_null()))
        return differs("certificate of people");
  }
  return prover.exhausted() ? "exhausted" : "";
}

Json answer(const std::string& line) {
  const auto read = read_model(line);
  if (!read.complaints.empty()) {
    Json refused = Json::array();
    for (const auto& complaint : read.complaints) refused.push(complaint.path + ": " + complaint.what);
    return Json::object({{"refused", std::move(refused)}});
  }
  const auto report = prove(read.model);
  if (!report) return Json::object({{"refused", report.error().what}});
  const auto json = parse_json(line);
  if (auto differs = difference(*json, read.model, *report); !differs.empty())
    return Json::object({{"differs", std::move(differs)}});
  return *report;
}

}  // namespace
}  // namespace sallyport::prover

int main() {
  for (std::string line; std::getline(std::cin, line);)
    std::cout << sallyport::to_text(sallyport::prover::answer(line)) << '\n';
  return 0;
}
