// What is wrong with a model, all of it at once: where (a path into the JSON), what, and what would be right. And
// Spot, a value of the JSON that knows its path. Used by the readers of this folder only.
//
//   const Spot atom{...};
//   if (!atom->is_object()) complaints.add(atom, "an atom is an object", R"(write {"id": "pw:alice", "level": 1})");
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "core/prover/model.h"

namespace sallyport::prover {

// After this many the reader stops collecting: a person mends these first.
inline constexpr std::size_t complaints_max = 100;

struct Complaint {
  std::string path;  // $.nodes["ctl:bob"].and[1]
  std::string what;
  std::string next_step;
};

// A value and its way back to the root. Refers to its parent: a Spot lives no longer than the one it was made from.
class Spot {
 public:
  explicit Spot(const Json& root) : json_(&root) {}

  const Json* operator->() const { return json_; }
  const Json& operator*() const { return *json_; }
  [[nodiscard]] Spot item(std::size_t i) const { return {json_->as_array()[i], this, {}, i}; }
  [[nodiscard]] Spot member(const Json::Member& m) const { return {m.second, this, m.first, 0}; }
  [[nodiscard]] std::optional<Spot> find(std::string_view key) const;  // nothing for null, too
  [[nodiscard]] std::string path() const;

 private:
  Spot(const Json& json, const Spot* parent, std::string_view key, std::size_t index)
      : json_(&json), parent_(parent), key_(key), index_(index), in_object_(parent->json_->is_object()) {}

  const Json* json_;
  const Spot* parent_ = nullptr;
  std::string_view key_;
  std::size_t index_ = 0;
  bool in_object_ = false;
};

class Complaints {
 public:
  void add(const Spot& at, std::string what, std::string next_step);
  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
  [[nodiscard]] bool full() const noexcept { return list_.size() >= complaints_max; }
  [[nodiscard]] bool empty() const noexcept { return list_.empty(); }
  [[nodiscard]] std::vector<Complaint> take() && { return std::move(list_); }

  // Checked readers. Each complains once, and gives something harmless.
  bool object(const Spot& at, std::string_view what);
  bool list(const Spot& at, std::string_view what, std::size_t size_max);
  void only_keys(const Spot& at, std::initializer_list<std::string_view> known);  // and `note`, for people
  std::string name(const Spot& at, std::string_view what);
  std::string name_at(const Spot& at, std::string_view key, std::string_view what);  // must be there
  bool flag_at(const Spot& at, std::string_view key);                                // false unless given
  std::int64_t number(const Spot& at, std::int64_t least, std::int64_t most);
  std::int64_t number_at(const Spot& at, std::string_view key, std::int64_t least, std::int64_t most,
                         std::optional<std::int64_t> otherwise);

 private:
  std::vector<Complaint> list_;
};

// Names of one kind, in order; a name's index is its rank.
class Names {
 public:
  Names() = default;
  explicit Names(std::vector<std::string> names);  // duplicates are dropped: who reads them complains

  [[nodiscard]] std::optional<Index> find(std::string_view name) const;
  [[nodiscard]] std::size_t size() const noexcept { return names_.size(); }
  [[nodiscard]] const std::vector<std::string>& all() const noexcept { return names_; }

 private:
  std::vector<std::string> names_;
};

// "did you mean `ctl:bob`?", or `otherwise` when nothing is near.
[[nodiscard]] std::string suggestion(std::string_view name,
                                     std::initializer_list<const std::vector<std::string>*> among,
                                     std::string otherwise);

}  // namespace sallyport::prover
