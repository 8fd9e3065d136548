#include "cli/api.h"

#include "base/text.h"

namespace sallyport::cli {

Answer<Api> Api::connect(const std::string& server, const std::string& ca_file) {
  SP_TRY(auto client, HttpClient::create({.base_url = server, .ca_file = ca_file}));
  return Api(std::move(client), server);
}

Answer<HttpResponse> Api::ask(std::string_view method, std::string_view path, std::string_view body) {
  auto response = client_.request(method, path, body, text_of(token_.reveal()));
  if (!response) return std::unexpected(Problem(response.error()));
  if (response->status >= 400) return std::unexpected(problem_of(*response));
  if (response->status >= 300)
    return std::unexpected(
        Problem(Fault{FaultKind::rejected, concat(server_, " sends us elsewhere"), "give the server's own address"}));
  return *std::move(response);
}

Answer<Json> Api::get(std::string_view path) {
  SP_TRY(const auto response, ask("GET", path, {}));
  SP_TRY(auto json, parse_json(response.body));
  return json;
}

Answer<Json> Api::post(std::string_view path, const Json& body) {
  auto text = to_text(body);
  auto response = ask("POST", path, text);
  wipe(text);  // it may have held a code
  if (!response) return std::unexpected(std::move(response).error());
  if (response->body.empty()) return Json();
  SP_TRY(auto json, parse_json(response->body));
  return json;
}

Answer<std::string> Api::get_text(std::string_view path) {
  SP_TRY(auto response, ask("GET", path, {}));
  return std::move(response.body);
}

Result<std::string> case_path(std::string_view id, std::string_view rest) {
  if (!CaseId::parse(id))
    return fault(FaultKind::invalid, "that is not a case id", "a case id looks like c-4f6k; see `sallyport case list`");
  return concat("/v1/cases/", id, rest);
}

}  // namespace sallyport::cli
