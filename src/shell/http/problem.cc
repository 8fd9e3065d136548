#include "shell/http/problem.h"

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {

HttpResponse problem(int status, std::string_view type_suffix, std::string_view title, std::string_view detail,
                     std::string_view next_step, const Json& extra_facts) {
  Json body = Json::object({{"type", concat("urn:sallyport:", type_suffix)}, {"title", title}, {"status", status}});
  if (!detail.empty()) body.set("detail", detail);
  if (!next_step.empty()) body.set("next_step", next_step);
  if (!extra_facts.is_null()) {
    for (const auto& [key, value] : extra_facts.as_object()) {
      const bool ours = key == "type" || key == "title" || key == "status" || key == "detail" || key == "next_step";
      SALLYPORT_ASSERT(!ours);
      body.set(key, value);
    }
  }
  return {.status = status, .content_type = "application/problem+json", .body = to_text(body), .headers = {}};
}

}  // namespace sallyport
