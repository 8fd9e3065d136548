#include "core/prover/order.h"

#include <algorithm>
#include <limits>

namespace sallyport::prover {
namespace {

constexpr auto unseen = std::numeric_limits<std::size_t>::max();

// Tarjan 1972, with the call stack made explicit. Components come out after those they rest on.
class Components {
 public:
  explicit Components(const std::vector<std::vector<Index>>& edges)
      : edges_(edges), number_(edges.size(), unseen), low_(edges.size()), open_(edges.size()) {}

  std::vector<Group> all() {
    for (Index node = 0; node < edges_.size(); ++node)
      if (number_[node] == unseen) walk(node);
    return std::move(out_);
  }

 private:
  struct Frame {
    Index node;
    std::size_t next;
  };

  void enter(Index node) {
    number_[node] = low_[node] = counter_++;
    open_[node] = true;
    stack_.push_back(node);
    calls_.push_back({node, 0});
  }

  void walk(Index root) {
    enter(root);
    while (!calls_.empty()) {
      auto& [node, next] = calls_.back();
      if (next < edges_[node].size()) {
        const auto to = edges_[node][next++];
        if (number_[to] == unseen) enter(to);
        else if (open_[to]) low_[node] = std::min(low_[node], number_[to]);
        continue;
      }
      const auto done = node;
      calls_.pop_back();
      if (!calls_.empty()) low_[calls_.back().node] = std::min(low_[calls_.back().node], low_[done]);
      if (low_[done] == number_[done]) close(done);
    }
  }

  void close(Index root) {
    Group group;
    for (;;) {
      const auto node = stack_.back();
      stack_.pop_back();
      open_[node] = false;
      group.nodes.push_back(node);
      if (node == root) break;
    }
    group.cyclic = group.nodes.size() > 1 || std::ranges::binary_search(edges_[root], root);
    out_.push_back(std::move(group));
  }

  const std::vector<std::vector<Index>>& edges_;
  std::vector<std::size_t> number_, low_;
  std::vector<bool> open_;
  std::vector<Index> stack_;
  std::vector<Frame> calls_;
  std::vector<Group> out_;
  std::size_t counter_ = 0;
};

}  // namespace

std::vector<Index> nodes_in(const Model& model, Index formula) {
  std::vector<Index> out;
  std::vector<Index> left{formula};
  while (!left.empty()) {
    const auto& f = model.formulas[left.back()];
    left.pop_back();
    if (f.op == Operator::node) out.push_back(f.index);
    left.insert(left.end(), f.parts.begin(), f.parts.end());
    for (const auto& slot : f.slots)
      for (const auto& candidate : slot) left.push_back(candidate.formula);
    for (const auto& signal : f.signals) left.push_back(signal.formula);
  }
  std::ranges::sort(out);
  const auto [first, last] = std::ranges::unique(out);
  out.erase(first, last);
  return out;
}

Order order_of(const Model& model) {
  Order out;
  for (const auto& node : model.nodes) out.rests_on.push_back(nodes_in(model, node.formula));
  out.groups = Components(out.rests_on).all();
  return out;
}

}  // namespace sallyport::prover
