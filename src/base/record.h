// Structs as JSON objects, both ways, from one description beside the struct. Reading is strict: a
// missing member, an unknown key or a wrong type is a fault that names it, because these bytes come
// from ledgers and sockets that somebody else may have written.
//
//   struct CaseCancelled {
//     StaffId by;
//     std::string reason;
//     static constexpr auto fields() {
//       return record_fields("by", &CaseCancelled::by, "reason", &CaseCancelled::reason);
//     }
//   };
//   Json json = record_to_json(event);
//   SP_TRY(auto event, record_from_json<CaseCancelled>(json));
//
// An enum takes part when `to_string(E)` exists and `EnumValues<E>::all` lists its values.
// std::optional members are left out when empty.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/instant.h"
#include "base/json.h"
#include "base/strong.h"
#include "base/text.h"

namespace sallyport {

template <typename Owner, typename Member>
struct RecordField {
  std::string_view name;
  Member Owner::* member;
};

namespace detail {
constexpr auto collect_fields() { return std::tuple<>{}; }
template <typename Owner, typename Member, typename... Rest>
constexpr auto collect_fields(const char* name, Member Owner::* member, Rest... rest) {
  return std::tuple_cat(std::tuple{RecordField<Owner, Member>{name, member}}, collect_fields(rest...));
}
}  // namespace detail

template <typename... Pieces>
constexpr auto record_fields(Pieces... pieces) {
  return detail::collect_fields(pieces...);
}

template <typename T>
concept Record = requires { T::fields(); };

template <typename E>
struct EnumValues;  // static constexpr std::array<E, N> all{...}; tools/purity.py says why not deduced

template <typename E>
concept NamedEnum = std::is_enum_v<E> && requires { EnumValues<E>::all; };

template <Record T>
[[nodiscard]] Json record_to_json(const T& value);
template <Record T>
[[nodiscard]] Result<T> record_from_json(const Json& json);
// The same text as to_text(record_to_json(value)), without the tree between: a ledger is written and
// checked entry by entry, and the tree was half of the cost.
template <Record T>
void append_record(std::string& out, const T& value);

namespace detail {

template <typename T>
inline constexpr bool is_optional = false;
template <typename T>
inline constexpr bool is_optional<std::optional<T>> = true;
template <typename T>
inline constexpr bool is_vector = false;
template <typename T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <typename T>
inline constexpr bool is_strong_id = false;
template <typename Tag>
inline constexpr bool is_strong_id<StrongId<Tag>> = true;

template <typename T>
Json value_to_json(const T& value) {
  if constexpr (std::same_as<T, Json>) return value;
  else if constexpr (std::same_as<T, std::string> || std::same_as<T, bool> || std::integral<T>) return Json(value);
  else if constexpr (is_strong_id<T>) return Json(value.text());
  else if constexpr (std::same_as<T, Digest>) return Json(to_hex(value));
  else if constexpr (std::same_as<T, Bytes>) return Json(to_base64url(value));
  else if constexpr (std::same_as<T, Instant>) return Json(to_rfc3339(value));
  else if constexpr (std::same_as<T, Duration>) return Json(to_string(value));
  else if constexpr (NamedEnum<T>) return Json(std::string(to_string(value)));
  else if constexpr (is_vector<T>) {
    Json::Array items;
    items.reserve(value.size());
    for (const auto& item : value) items.push_back(value_to_json(item));
    return Json(std::move(items));
  } else return record_to_json(value);
}

template <typename T>
void append_value(std::string& out, const T& value) {
  if constexpr (std::same_as<T, Json>) out += to_text(value);
  else if constexpr (std::same_as<T, std::string>) append_json_string(out, value);
  else if constexpr (std::same_as<T, bool>) out += value ? "true" : "false";
  else if constexpr (std::integral<T>) append_piece(out, static_cast<std::int64_t>(value));
  else if constexpr (is_strong_id<T>) append_json_string(out, value.text());
  else if constexpr (std::same_as<T, Digest>) append_json_string(out, to_hex(value));
  else if constexpr (std::same_as<T, Bytes>) append_json_string(out, to_base64url(value));
  else if constexpr (std::same_as<T, Instant>) append_json_string(out, to_rfc3339(value));
  else if constexpr (std::same_as<T, Duration>) append_json_string(out, to_string(value));
  else if constexpr (NamedEnum<T>) append_json_string(out, to_string(value));
  else if constexpr (is_vector<T>) {
    out.push_back('[');
    bool first = true;
    for (const auto& item : value) {
      if (!first) out.push_back(',');
      first = false;
      append_value(out, item);
    }
    out.push_back(']');
  } else append_record(out, value);
}

// Places in T::fields(), in the order of the names: the order in which canonical JSON has its keys.
template <Record T>
constexpr auto fields_by_name() {
  return std::apply(
      [](const auto&... field) {
        const std::array<std::string_view, sizeof...(field)> names{field.name...};
        std::array<std::size_t, sizeof...(field)> order{};
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::ranges::sort(order, {}, [&](std::size_t i) { return names[i]; });
        return order;
      },
      T::fields());
}

inline std::unexpected<Fault> must_be(std::string_view name, std::string_view what) {
  return fault(FaultKind::invalid, concat("`", name, "` must be ", what));
}

template <typename T>
[[nodiscard]] Result<void> value_from_json(std::string_view name, const Json& json, T& out) {
  if constexpr (std::same_as<T, Json>) {
    out = json;
  } else if constexpr (std::same_as<T, std::string>) {
    if (!json.is_string()) return must_be(name, "a string");
    out = json.as_string();
  } else if constexpr (std::same_as<T, bool>) {
    if (!json.is_bool()) return must_be(name, "true or false");
    out = json.as_bool();
  } else if constexpr (std::integral<T>) {
    if (!json.is_int() || !std::in_range<T>(json.as_int())) return must_be(name, "a whole number in range");
    out = static_cast<T>(json.as_int());
  } else if constexpr (is_strong_id<T>) {
    auto id = json.is_string() ? T::parse(json.as_string()) : std::nullopt;
    if (!id) return must_be(name, "an id (1 to 64 of a-z 0-9 - _ .)");
    out = *std::move(id);
  } else if constexpr (std::same_as<T, Digest>) {
    const auto digest = json.is_string() ? digest_from_hex(json.as_string()) : std::nullopt;
    if (!digest) return must_be(name, "64 lower-case hex digits");
    out = *digest;
  } else if constexpr (std::same_as<T, Bytes>) {
    auto bytes = json.is_string() ? from_base64url(json.as_string()) : std::nullopt;
    if (!bytes) return must_be(name, "base64url without padding");
    out = *std::move(bytes);
  } else if constexpr (std::same_as<T, Instant>) {
    const auto at = json.is_string() ? instant_from_rfc3339(json.as_string()) : std::nullopt;
    if (!at) return must_be(name, "a time like 2026-01-31T09:00:00.000Z");
    out = *at;
  } else if constexpr (std::same_as<T, Duration>) {
    const auto span = json.is_string() ? duration_from_text(json.as_string()) : std::nullopt;
    if (!span) return must_be(name, "a duration like 30m");
    out = *span;
  } else if constexpr (NamedEnum<T>) {
    if (json.is_string())
      for (const auto value : EnumValues<T>::all)
        if (to_string(value) == json.as_string()) {
          out = value;
          return {};
        }
    return must_be(name, "one of the known names");
  } else if constexpr (is_vector<T>) {
    if (!json.is_array()) return must_be(name, "a list");
    out.clear();
    out.reserve(json.as_array().size());
    for (const auto& item : json.as_array()) SP_CHECK(value_from_json(name, item, out.emplace_back()));
  } else {
    auto value = record_from_json<T>(json);
    if (!value) return with_context(concat("`", name, "`"), std::move(value).error());
    out = std::move(*value);
  }
  return {};
}

}  // namespace detail

template <Record T>
Json record_to_json(const T& value) {
  Json json = Json::object();
  std::apply(
      [&](const auto&... field) {
        const auto put = [&](const auto& f) {
          const auto& member = value.*(f.member);
          if constexpr (detail::is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (member) json.set(f.name, detail::value_to_json(*member));
          } else {
            json.set(f.name, detail::value_to_json(member));
          }
        };
        (put(field), ...);
      },
      T::fields());
  return json;
}

template <Record T>
void append_record(std::string& out, const T& value) {
  [[maybe_unused]] static constexpr auto fields = T::fields();
  static constexpr auto order = detail::fields_by_name<T>();
  bool first = true;
  const auto put = [&](const auto& field) {
    const auto& member = value.*(field.member);
    constexpr bool may_be_absent = detail::is_optional<std::remove_cvref_t<decltype(member)>>;
    if constexpr (may_be_absent) {
      if (!member) return;
    }
    out.push_back(first ? '{' : ',');
    first = false;
    append_json_string(out, field.name);
    out.push_back(':');
    if constexpr (may_be_absent) detail::append_value(out, *member);
    else detail::append_value(out, member);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    (put(std::get<order[I]>(fields)), ...);
  }(std::make_index_sequence<order.size()>());
  out += first ? "{}" : "}";
}

template <Record T>
[[nodiscard]] Result<T> record_from_json(const Json& json) {
  if (!json.is_object()) return fault(FaultKind::invalid, "an object is expected");
  T out{};
  Result<void> status;
  std::size_t seen = 0;
  std::apply(
      [&](const auto&... field) {
        const auto get = [&](const auto& f) {
          if (!status) return;
          const auto* found = json.find(f.name);
          auto& member = out.*(f.member);
          if constexpr (detail::is_optional<std::remove_cvref_t<decltype(member)>>) {
            if (found == nullptr) return;
            ++seen;
            status = detail::value_from_json(f.name, *found, member.emplace());
          } else {
            if (found == nullptr) {
              status = fault(FaultKind::invalid, concat("`", f.name, "` is missing"));
              return;
            }
            ++seen;
            status = detail::value_from_json(f.name, *found, member);
          }
        };
        (get(field), ...);
        if (!status || seen == json.as_object().size()) return;
        for (const auto& [key, unused] : json.as_object())
          if (!((field.name == key) || ...))
            status = fault(FaultKind::invalid, concat("`", key, "` is not known here"));
      },
      T::fields());
  if (!status) return std::unexpected(std::move(status).error());
  return out;
}

}  // namespace sallyport
