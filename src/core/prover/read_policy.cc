#include "core/prover/read_policy.h"

#include <algorithm>

#include "base/text.h"
#include "core/prover/read_formula.h"
#include "core/prover/table.h"

namespace sallyport::prover {
namespace {

class Reader {
 public:
  Reader(const Spot& at, const Names& persons, std::vector<Formula>& pool, Complaints& complaints)
      : at_(at), persons_(persons), pool_(pool), complaints_(complaints) {}

  DecisionPolicy read() {
    if (!complaints_.object(at_, "a policy")) return {};
    complaints_.only_keys(at_, {"attrs", "evidence", "impact", "third_party", "rules"});
    read_attributes();
    read_evidence();
    if (!complaints_.empty()) return {};
    read_rules();
    read_impact();
    read_third_party();
    check_size();
    return std::move(out_);
  }

 private:
  std::vector<std::string> strings(const Spot& at, std::string_view what, std::size_t size_max) {
    std::vector<std::string> out;
    if (!complaints_.list(at, what, size_max)) return out;
    for (std::size_t i = 0; i < at->as_array().size(); ++i) {
      auto text = complaints_.name(at.item(i), what);
      if (std::ranges::find(out, text) != out.end())
        complaints_.add(at.item(i), concat("`", text, "` stands here twice"), "leave one out");
      out.push_back(std::move(text));
    }
    return out;
  }

  void read_attributes() {
    const auto attrs = at_.find("attrs");
    if (!attrs) return complaints_.add(at_, "`attrs` is missing", R"(write "attrs": {"action": ["unlock"]})");
    if (!complaints_.object(*attrs, "`attrs`")) return;
    if ((*attrs)->as_object().size() > attributes_max)
      complaints_.add(*attrs, "there are too many attributes", concat("at most ", attributes_max, " are read"));
    for (const auto& member : (*attrs)->as_object()) {
      const auto at = attrs->member(member);
      out_.attributes.push_back({member.first, strings(at, "an attribute's values", attribute_values_max)});
      if (at->is_array() && at->as_array().empty())
        complaints_.add(at, "an attribute has at least one value", "list its values, or leave the attribute out");
    }
  }

  void read_evidence() {
    const auto evidence = at_.find("evidence");
    if (!evidence) return complaints_.add(at_, "`evidence` is missing", "list the pieces of evidence");
    out_.evidence = strings(*evidence, "pieces of evidence", evidence_max);
    std::ranges::sort(out_.evidence);
    evidence_ = Names(out_.evidence);
  }

  std::optional<Index> attribute(const Spot& at, std::string_view name) {
    const auto found = std::ranges::find(out_.attributes, name, &Attribute::name);
    if (found != out_.attributes.end()) return static_cast<Index>(found - out_.attributes.begin());
    std::vector<std::string> names;
    for (const auto& a : out_.attributes) names.push_back(a.name);
    complaints_.add(at, concat("`", name, "` is no attribute"), suggestion(name, {&names}, "list it in `attrs`"));
    return std::nullopt;
  }
  std::optional<Index> value(const Spot& at, Index attribute, std::string_view name) {
    const auto& values = out_.attributes[attribute].values;
    const auto found = std::ranges::find(values, name);
    if (found != values.end()) return static_cast<Index>(found - values.begin());
    complaints_.add(at, concat("`", name, "` is no value of `", out_.attributes[attribute].name, "`"),
                    suggestion(name, {&values}, "list it in `attrs`"));
    return std::nullopt;
  }
  std::vector<Index> values(const Spot& at, Index attribute) {
    std::vector<Index> out;
    const auto names = strings(at, "values", attribute_values_max);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const auto index = value(at.item(i), attribute, names[i])) out.push_back(*index);
    return out;
  }

  void read_rules() {
    const auto rules = at_.find("rules");
    if (!rules) return complaints_.add(at_, "`rules` is missing", "list the rules; [] denies everything");
    if (!complaints_.list(*rules, "rules", rules_max)) return;
    std::vector<std::string> seen;
    for (std::size_t i = 0; i < (*rules)->as_array().size() && !complaints_.full(); ++i) {
      const auto at = rules->item(i);
      if (!complaints_.object(at, "a rule")) continue;
      auto rule = read_rule(at);
      const auto place = std::ranges::lower_bound(seen, rule.name);
      if (place != seen.end() && *place == rule.name)
        complaints_.add(at, concat("the rule `", rule.name, "` stands here twice"), "give each rule its own id");
      else seen.insert(place, rule.name);
      out_.rules.push_back(std::move(rule));
    }
  }

  PolicyRule read_rule(const Spot& at) {
    PolicyRule out;
    complaints_.only_keys(at, {"id", "effect", "when", "require", "unless"});
    out.name = complaints_.name_at(at, "id", "the rule's id");
    const auto effect = at.find("effect");
    const bool known =
        effect && (*effect)->is_string() && ((*effect)->as_string() == "allow" || (*effect)->as_string() == "deny");
    if (!known) complaints_.add(effect ? *effect : at, "`effect` must say what the rule does", "write allow or deny");
    out.allows = known && (*effect)->as_string() == "allow";
    out.when.resize(out_.attributes.size());
    if (const auto when = at.find("when"); when && complaints_.object(*when, "`when`"))
      for (const auto& member : (*when)->as_object()) {
        const auto place = when->member(member);
        const auto which = attribute(place, member.first);
        if (!which) continue;
        out.when[*which].resize(out_.attributes[*which].values.size());
        for (const auto matched : values(place, *which)) out.when[*which][matched] = true;
      }
    const std::string_view own = out.allows ? "require" : "unless";
    const std::string_view other = out.allows ? "unless" : "require";
    if (const auto wrong = at.find(other); wrong && known)
      complaints_.add(*wrong, concat("`", other, "` does not go with this effect"), concat("write `", own, "`"));
    const Vocabulary names{&evidence_, &no_nodes_, &persons_, "evidence of this policy"};
    FormulaReader formulas(names, pool_, complaints_);
    const Json otherwise(out.allows);  // allowed without asking for anything; denied without exception
    const auto formula = at.find(own);
    out.formula = formula ? formulas.read(*formula) : formulas.read(Spot(otherwise));
    return out;
  }

  void read_impact() {
    const auto impact = at_.find("impact");
    if (!impact || !complaints_.object(*impact, "`impact`")) return;
    for (const auto& member : (*impact)->as_object()) {
      const auto at = impact->member(member);
      if (const auto which = attribute(at, member.first)) out_.impact.push_back({*which, values(at, *which)});
    }
  }

  void read_third_party() {
    const auto at = at_.find("third_party");
    if (!at || !complaints_.object(*at, "`third_party`")) return;
    complaints_.only_keys(*at, {"attr", "value", "needs"});
    ThirdParty out;
    const auto attr = complaints_.name_at(*at, "attr", "the attribute that tells third parties");
    const auto which = attribute(at->find("attr").value_or(*at), attr);
    const auto name = complaints_.name_at(*at, "value", "its value for third parties");
    if (which) {
      out.attribute = *which;
      out.value = value(at->find("value").value_or(*at), *which, name).value_or(0);
    }
    const auto needs = at->find("needs");
    if (!needs) complaints_.add(*at, "`needs` is missing", "list the evidence of which third parties need some");
    if (needs) {
      const auto names = strings(*needs, "needed evidence", evidence_max);
      for (std::size_t i = 0; i < names.size(); ++i) {
        if (const auto index = evidence_.find(names[i])) out.needs.push_back(*index);
        else
          complaints_.add(needs->item(i), concat("`", names[i], "` is no evidence"),
                          suggestion(names[i], {&evidence_.all()}, "list it in `evidence`"));
      }
    }
    out_.third_party = std::move(out);
  }

  // Bounds the table, and looks whether its rows can be told apart: a value may itself hold `,` or `=`.
  void check_size() {
    std::uint64_t rows = 1;
    for (const auto& attribute : out_.attributes) {
      rows *= attribute.values.size();
      if (rows > table_rows_max)
        return complaints_.add(at_, "the attributes have too many combinations", concat("at most ", table_rows_max));
    }
    const auto columns = std::uint64_t{1} << out_.evidence.size();
    if (std::max<std::uint64_t>(rows, out_.rules.size()) * columns > decisions_max)
      return complaints_.add(
          at_, "the decision table is too large",
          concat("combinations and rules, times 2 to the number of evidence, at most ", decisions_max));
    std::vector<std::string> labels;
    for (auto& row : rows_of(out_)) labels.push_back(std::move(row.label));
    std::ranges::sort(labels);
    if (std::ranges::adjacent_find(labels) != labels.end())
      complaints_.add(at_, "two combinations of values read the same", "use no `,` and `=` in attributes and values");
  }

  const Spot& at_;
  const Names& persons_;
  std::vector<Formula>& pool_;
  Complaints& complaints_;
  Names evidence_, no_nodes_;
  DecisionPolicy out_;
};

}  // namespace

DecisionPolicy read_policy(const Spot& at, const Names& persons, std::vector<Formula>& pool, Complaints& complaints) {
  return Reader(at, persons, pool, complaints).read();
}

}  // namespace sallyport::prover
