// Sallyport's HTTP API as a client sees it (docs/api/http.md): JSON out, JSON or a Problem back.
// The token is a secret: it is held as one and goes into the Authorization header only.
// One object per thread. Every call blocks until its answer or the client's timeout.
//
//   SP_TRY(auto api, Api::connect("https://localhost:8443", "ca.pem"));
//   auto me = api.get("/v1/me");
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"
#include "cli/problem.h"
#include "core/model/ids.h"
#include "crypto/secret.h"
#include "shell/http/client.h"

namespace sallyport::cli {

class Api {
 public:
  [[nodiscard]] static Answer<Api> connect(const std::string& server, const std::string& ca_file);

  void use_token(SecretBytes token) { token_ = std::move(token); }
  [[nodiscard]] const std::string& server() const noexcept { return server_; }

  [[nodiscard]] Answer<Json> get(std::string_view path);
  [[nodiscard]] Answer<Json> post(std::string_view path, const Json& body = Json::object());
  [[nodiscard]] Answer<std::string> get_text(std::string_view path);  // text/plain: a checkpoint

 private:
  Api(HttpClient client, std::string server) : client_(std::move(client)), server_(std::move(server)) {}
  [[nodiscard]] Answer<HttpResponse> ask(std::string_view method, std::string_view path, std::string_view body);

  HttpClient client_;
  std::string server_;
  SecretBytes token_;
};

// "/v1/cases/<id><rest>". Ids need no escaping; that is why they are checked here.
[[nodiscard]] Result<std::string> case_path(std::string_view id, std::string_view rest = {});

}  // namespace sallyport::cli
