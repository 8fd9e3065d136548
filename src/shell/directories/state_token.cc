#include "shell/directories/state_token.h"

#include <algorithm>

#include "base/text.h"
#include "crypto/hash.h"

namespace sallyport {

StateToken state_token_of(std::vector<GuardedAttribute> attributes) {
  std::ranges::sort(attributes, {}, &GuardedAttribute::name);
  // Every piece is preceded by its length, so that no value can pass for two, or for a name.
  std::string text = "sallyport state 1\n";
  for (auto& attribute : attributes) {
    std::ranges::sort(attribute.values);
    text += concat(attribute.name.size(), ':', attribute.name, attribute.values.size(), '#');
    for (const auto& value : attribute.values) text += concat(value.size(), ':', value);
  }
  return to_hex(sha256(view_of(text)));
}

}  // namespace sallyport
