#include "core/prover/read_model.h"

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "core/prover/read_formula.h"
#include "core/prover/read_policy.h"

namespace sallyport::prover {
namespace {

constexpr std::string_view schema = "sallyport-prover/1";

class Reader {
 public:
  explicit Reader(const Json& root) : root_(root) {}

  ReadModel read() {
    read_all();
    out_.complaints = std::move(complaints_).take();
    out_.notes = std::move(notes_).take();
    return std::move(out_);
  }

 private:
  void read_all() {
    if (!complaints_.object(root_, "a model")) return;
    complaints_.only_keys(root_, {"schema", "name", "ambient_level", "atoms", "persons", "group_checks", "nodes",
                                  "recovery", "accounts", "rules", "policy", "policy_b"});
    read_schema();
    model().name = complaints_.name_at(root_, "name", "a title");
    model().ambient_level = static_cast<int>(complaints_.number_at(root_, "ambient_level", 0, level_max, 2));
    // Names first: formulas and accounts may speak of what stands further down.
    persons_ = names_of_list("persons", persons_max);
    atoms_ = names_of_list("atoms", atoms_max);
    nodes_ = names_of_nodes();
    read_persons();
    read_atoms();
    read_nodes();
    read_recovery();
    read_group_checks();
    read_accounts();
    read_rules();
    read_policies();
  }

  Model& model() { return out_.model; }

  void read_schema() {
    const auto at = root_.find("schema");
    if (!at) notes_.add(root_, "`schema` is missing", concat("read as \"", schema, "\""));
    else if (!(*at)->is_string() || (*at)->as_string() != schema)
      complaints_.add(*at, "the model is of another schema", concat("this program reads \"", schema, "\""));
  }

  // Calls `visit` for each object of a list.
  void each(const Spot& in, std::string_view key, std::size_t size_max, auto&& visit) {
    const auto list = in.find(key);
    if (!list || !complaints_.list(*list, concat("`", key, "`"), size_max)) return;
    for (std::size_t i = 0; i < (*list)->as_array().size() && !complaints_.full(); ++i) visit(list->item(i));
  }

  Names names_of_list(std::string_view key, std::size_t size_max) {
    std::vector<std::string> names;
    const auto* list = root_->find(key);
    if (list == nullptr || !list->is_array() || list->as_array().size() > size_max) return {};
    for (const auto& item : list->as_array())
      if (const auto* id = item.find("id"); id != nullptr && id->is_string()) names.push_back(id->as_string());
    return Names(std::move(names));
  }

  Names names_of_nodes() {
    const auto nodes = root_.find("nodes");
    if (!nodes || !complaints_.object(*nodes, "`nodes`")) return {};
    if ((*nodes)->as_object().size() > nodes_max) {
      complaints_.add(*nodes, "there are too many nodes", concat("at most ", nodes_max, " are read"));
      return {};
    }
    std::vector<std::string> names;
    for (const auto& member : (*nodes)->as_object()) names.push_back(member.first);
    return Names(std::move(names));
  }

  // Puts items in the order of their names; complains about a name that stands there twice.
  std::optional<Index> place_of(const Spot& at, const Names& names, std::vector<bool>& seen, std::string_view what) {
    const auto name = complaints_.name_at(at, "id", concat("the ", what, "'s id"));
    const auto index = names.find(name);
    if (!index) return std::nullopt;  // complained of already
    if (seen[*index]) complaints_.add(at, concat("the ", what, " `", name, "` stands here twice"), "leave one out");
    seen[*index] = true;
    return index;
  }

  void read_persons() {
    std::vector<bool> seen(persons_.size());
    model().persons.resize(persons_.size());
    each(root_, "persons", persons_max, [&](const Spot& at) {
      if (!complaints_.object(at, "a person")) return;
      complaints_.only_keys(at, {"id", "groups", "third_party"});
      const auto index = place_of(at, persons_, seen, "person");
      Person person{index ? persons_.all()[*index] : "", {}, complaints_.flag_at(at, "third_party")};
      each(at, "groups", persons_max,
           [&](const Spot& group) { person.groups.push_back(complaints_.name(group, "a group")); });
      if (index) model().persons[*index] = std::move(person);
    });
  }

  void read_atoms() {
    std::vector<bool> seen(atoms_.size());
    model().atoms.resize(atoms_.size());
    each(root_, "atoms", atoms_max, [&](const Spot& at) {
      if (!complaints_.object(at, "an atom")) return;
      complaints_.only_keys(at, {"id", "level", "cost", "owner", "free"});
      const auto index = place_of(at, atoms_, seen, "atom");
      Atom atom;
      atom.name = index ? atoms_.all()[*index] : "";
      atom.level = static_cast<int>(complaints_.number_at(at, "level", 0, level_max, std::nullopt));
      atom.cost = complaints_.number_at(at, "cost", 0, cost_max, 0);
      atom.free = complaints_.flag_at(at, "free");
      if (const auto owner = at.find("owner")) atom.owner = reference(*owner, persons_, "person");
      if (index) model().atoms[*index] = std::move(atom);
    });
  }

  void read_nodes() {
    const auto nodes = root_.find("nodes");
    if (!nodes || !(*nodes)->is_object() || nodes_.size() == 0) return;
    const Vocabulary names{&atoms_, &nodes_, &persons_, "an atom or a node"};
    FormulaReader formulas(names, model().formulas, complaints_);
    for (const auto& member : (*nodes)->as_object()) {
      const auto at = nodes->member(member);
      if (member.first.empty() || member.first.size() > name_bytes_max)
        complaints_.add(at, concat("the node's name has ", member.first.size(), " bytes"),
                        concat("give it 1 to ", name_bytes_max));
      if (atoms_.find(member.first))
        complaints_.add(at, concat("`", member.first, "` is both an atom and a node"), "rename one of them");
      const auto formula = formulas.read(at);
      model().nodes.push_back({member.first, formula, false});
    }
  }

  std::optional<Index> reference(const Spot& at, const Names& names, std::string_view what) {
    const auto name = complaints_.name(at, concat("the name of a ", what));
    const auto index = names.find(name);
    if (!index && at->is_string())
      complaints_.add(at, concat("the ", what, " `", name, "` is not known"),
                      suggestion(name, {&names.all()}, concat("name one of the model's ", what, "s")));
    return index;
  }
  std::optional<Index> reference_at(const Spot& in, std::string_view key, const Names& names, std::string_view what) {
    if (const auto at = in.find(key)) return reference(*at, names, what);
    complaints_.add(in, concat("`", key, "` is missing"), concat("name a ", what));
    return std::nullopt;
  }
  std::vector<Index> atoms_at(const Spot& in, std::string_view key) {
    std::vector<Index> out;
    each(in, key, atoms_max, [&](const Spot& at) {
      if (const auto atom = reference(at, atoms_, "atom")) out.push_back(*atom);
    });
    return out;
  }

  void read_recovery() {
    each(root_, "recovery", nodes_max, [&](const Spot& at) {
      if (const auto node = reference(at, nodes_, "node"); node && *node < model().nodes.size())
        model().nodes[*node].recovery = true;
    });
  }

  void read_group_checks() {
    std::vector<std::string> groups;
    for (const auto& person : model().persons) groups.insert(groups.end(), person.groups.begin(), person.groups.end());
    const Names known(std::move(groups));
    each(root_, "group_checks", rules_max, [&](const Spot& at) {
      auto group = complaints_.name(at, "a group");
      if (!known.find(group))
        notes_.add(at, concat("nobody is in the group `", group, "`"),
                   suggestion(group, {&known.all()}, "is that meant?"));
      model().group_checks.push_back(std::move(group));
    });
  }

  void read_accounts() {
    const auto names = names_of_list("accounts", accounts_max);
    std::vector<bool> seen(names.size());
    each(root_, "accounts", accounts_max, [&](const Spot& at) {
      if (!complaints_.object(at, "an account")) return;
      complaints_.only_keys(at, {"id", "owner", "target", "restore", "holds", "losses", "need_paths", "common"});
      Account account;
      if (const auto index = place_of(at, names, seen, "account")) account.name = names.all()[*index];
      account.owner = reference_at(at, "owner", persons_, "person").value_or(0);
      account.target = reference_at(at, "target", nodes_, "node").value_or(0);
      if (const auto restore = at.find("restore")) account.restore = reference(*restore, nodes_, "node");
      account.holds = atoms_at(at, "holds");
      account.common = atoms_at(at, "common");
      account.need_paths = complaints_.number_at(at, "need_paths", 0, count_max, 1);
      if (const auto losses = at.find("losses"); losses && complaints_.object(*losses, "`losses`"))
        for (const auto& member : (*losses)->as_object())
          account.losses.push_back({member.first, atoms_at(*losses, member.first)});
      model().accounts.push_back(std::move(account));
    });
  }

  void read_rules() {
    const auto names = names_of_list("rules", rules_max);
    std::vector<bool> seen(names.size());
    const Vocabulary signals{&atoms_, &nodes_, &persons_, "a signal: a node or an atom"};
    FormulaReader formulas(signals, model().formulas, complaints_);
    each(root_, "rules", rules_max, [&](const Spot& at) {
      if (!complaints_.object(at, "a rule")) return;
      complaints_.only_keys(at, {"id", "counts", "common"});
      Rule rule;
      if (const auto index = place_of(at, names, seen, "rule")) rule.name = names.all()[*index];
      if (!at.find("counts")) complaints_.add(at, "`counts` is missing", "list the signals that the rule counts");
      each(at, "counts", signals_max, [&](const Spot& signal) {
        auto name = complaints_.name(signal, "a signal");
        if (signal->is_string()) rule.counts.push_back({std::move(name), formulas.read(signal)});
      });
      rule.common = atoms_at(at, "common");
      model().rules.push_back(std::move(rule));
    });
  }

  void read_policies() {
    const auto policy = root_.find("policy");
    const auto policy_b = root_.find("policy_b");
    if (policy) model().policy = read_policy(*policy, persons_, model().formulas, complaints_);
    if (!policy_b) return;
    model().policy_b = read_policy(*policy_b, persons_, model().formulas, complaints_);
    if (!policy) return complaints_.add(*policy_b, "there is no `policy` to compare with", "give `policy` as well");
    const auto same = [](const Attribute& a, const Attribute& b) { return a.name == b.name && a.values == b.values; };
    if (!std::ranges::equal(model().policy->attributes, model().policy_b->attributes, same) ||
        model().policy->evidence != model().policy_b->evidence)
      complaints_.add(*policy_b, "the two policies speak of different things",
                      "give both the same `attrs`, values in the same order, and the same `evidence`");
  }

  Spot root_;
  Complaints complaints_, notes_;
  Names persons_, atoms_, nodes_;
  ReadModel out_;
};

// No text of it has more bytes.
std::size_t bytes_at_most(const Json& value) {
  constexpr std::size_t escaped = 6;  // \u001f
  constexpr std::size_t number = 20;
  if (value.is_string()) return 2 + escaped * value.as_string().size();
  std::size_t out = number;
  if (value.is_array())
    for (const auto& item : value.as_array()) out += 1 + bytes_at_most(item);
  if (value.is_object())
    for (const auto& [key, item] : value.as_object()) out += 4 + escaped * key.size() + bytes_at_most(item);
  return out;
}

std::optional<ReadModel> too_long(std::size_t bytes) {
  if (bytes <= model_bytes_max) return std::nullopt;
  ReadModel refused;
  refused.complaints.push_back({"$", concat("the model has ", bytes, " bytes"),
                                concat("at most ", model_bytes_max / 1024 / 1024, " MiB are read: prove it in parts")});
  return refused;
}

}  // namespace

ReadModel read_model(std::string_view text) {
  if (auto refused = too_long(text.size())) return std::move(*refused);
  const auto root = parse_json(text, {.depth_max = model_json_depth_max, .any_key = true});
  if (!root) {
    ReadModel refused;
    refused.complaints.push_back({"$", root.error().what, root.error().next_step});
    return refused;
  }
  return Reader(*root).read();
}

ReadModel read_model_of(const Json& root) {
  if (bytes_at_most(root) > model_bytes_max)
    if (auto refused = too_long(to_text(root).size())) return std::move(*refused);
  return Reader(root).read();
}

}  // namespace sallyport::prover
