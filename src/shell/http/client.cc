#include "shell/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/text.h"

namespace sallyport {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;
using CurlUrl = std::unique_ptr<CURLU, CurlDeleter>;
using CurlList = std::unique_ptr<curl_slist, CurlDeleter>;

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

bool is_loopback_host(std::string_view host) {
  return host == "localhost" || host == "[::1]" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos);
}

// Scheme, host and port, and nothing that could change where a request goes or who sends it.
Result<std::string> checked_base(const std::string& text) {
  const auto refuse = [](std::string why) {
    return fault(FaultKind::invalid, concat("the server's URL ", why), "write it as https://host:port");
  };
  const CurlUrl url(curl_url());
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return refuse("is malformed");
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  const auto host = url_part(url.get(), CURLUPART_HOST);
  if (scheme != "https" && scheme != "http") return refuse("is neither https nor http");
  if (scheme == "http" && !is_loopback_host(host)) return refuse("is plain http to another machine");
  const auto path = url_part(url.get(), CURLUPART_PATH);
  const bool more = !url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty() ||
                    !url_part(url.get(), CURLUPART_QUERY).empty() || !url_part(url.get(), CURLUPART_FRAGMENT).empty();
  if (more || (path != "/" && !path.empty())) return refuse("has more than scheme, host and port");
  const auto port = url_part(url.get(), CURLUPART_PORT);
  return concat(scheme, "://", host, port.empty() ? "" : ":", port);
}

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

constexpr std::size_t header_lines_max = 100;  // our server sends about six

struct Answer {
  HttpResponse response;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t, std::size_t size, void* user) {
  auto& answer = *static_cast<Answer*>(user);
  if (answer.response.body.size() + size > http_answer_bytes_max) {
    answer.too_large = true;
    return 0;  // libcurl ends the transfer
  }
  answer.response.body.append(data, size);
  return size;
}

// libcurl bounds one header line (100 KiB); `header_lines_max` bounds how many there are.
std::size_t on_header(char* data, std::size_t, std::size_t size, void* user) {
  auto& response = static_cast<Answer*>(user)->response;
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) response.headers.clear();  // a final status after an interim one
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  if (response.headers.size() == header_lines_max) return 0;
  std::string name(line.substr(0, colon));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  line.remove_prefix(colon + 1);
  while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
  if (name == "content-type") response.content_type = line;
  response.headers.emplace_back(std::move(name), line);
  return size;
}

bool append_line(CurlList& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) return false;
  (void)list.release();
  list.reset(longer);
  return true;
}

// "Name;" is how libcurl is told of an empty value; "Name:" removes a header of its own.
bool append_header(CurlList& list, std::string_view name, std::string_view value) {
  return append_line(list, value.empty() ? concat(name, ";") : concat(name, ": ", value));
}

}  // namespace

struct HttpClient::State {
  HttpClientConfig config;
  std::string base;
  CurlHandle handle;

  Result<CurlList> headers_of(bool has_body, std::string_view bearer_token, const HttpHeaders& headers) const;
  void prepare(std::string_view method, std::string_view path, std::string_view body, curl_slist* list, Answer& answer);
  Fault fault_of(CURLcode code, const Answer& answer) const;
};

Result<CurlList> HttpClient::State::headers_of(bool has_body, std::string_view bearer_token,
                                               const HttpHeaders& headers) const {
  const auto refuse = [] { return fault(FaultKind::invalid, "a request header has a character that cannot be sent"); };
  CurlList list(curl_slist_append(nullptr, "Expect:"));  // removes it: no "100-continue" round trip
  bool typed = false;
  bool appended = list != nullptr;
  for (const auto& [name, value] : headers) {
    if (name.empty() || has_control_character(name) || name.find_first_of(": ;") != std::string::npos) return refuse();
    if (has_control_character(value)) return refuse();
    typed = typed || name == "Content-Type" || name == "content-type";
    appended = appended && append_header(list, name, value);
  }
  if (has_control_character(bearer_token)) return refuse();
  if (!bearer_token.empty())
    appended = appended && append_header(list, "Authorization", concat("Bearer ", bearer_token));
  if (has_body && !typed) appended = appended && append_header(list, "Content-Type", "application/json");
  if (!has_body && !typed) appended = appended && append_line(list, "Content-Type:");  // libcurl would say "form"
  if (!appended) return fault(FaultKind::unavailable, "no memory for the request's headers");
  return list;
}

void HttpClient::State::prepare(std::string_view method, std::string_view path, std::string_view body, curl_slist* list,
                                Answer& answer) {
  CURL* const curl = handle.get();
  curl_easy_reset(curl);  // keeps connections and TLS sessions
  const auto set = [curl](CURLoption option, auto value) {
    const CURLcode code = curl_easy_setopt(curl, option, value);
    SALLYPORT_ASSERT(code == CURLE_OK);  // only this build of libcurl could refuse these
  };
  set(CURLOPT_URL, concat(base, path).c_str());
  set(CURLOPT_PROTOCOLS_STR, base.starts_with("https:") ? "https" : "http");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_PATH_AS_IS, 1L);  // what is sent is what the caller wrote
  set(CURLOPT_PROXY, "");       // an empty name also silences http_proxy and its like
  set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_3});
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!config.ca_file.empty()) {
    set(CURLOPT_CAINFO, config.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));  // that authority, and not the system's as well
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(config.timeout.count()));
  set(CURLOPT_HTTPHEADER, list);
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&answer));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&answer));
  const bool may_have_body = method != "GET" && method != "HEAD";
  if (method == "HEAD") set(CURLOPT_NOBODY, 1L);
  if (may_have_body || !body.empty()) {
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    set(CURLOPT_POSTFIELDS, body.empty() ? "" : body.data());  // not copied; `body` outlives the transfer
  }
  if (method != "HEAD") set(CURLOPT_CUSTOMREQUEST, std::string(method).c_str());
}

Fault HttpClient::State::fault_of(CURLcode code, const Answer& answer) const {
  const auto what = concat("asking ", base, ": ");
  if (answer.too_large)
    return {FaultKind::invalid, concat(what, "the answer is larger than ", http_answer_bytes_max, " bytes"),
            "ask for less at once"};
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    return {FaultKind::unavailable, concat(what, "the server's certificate does not verify"),
            "name its authority's certificate as the CA file"};
  // What was sent when the connection failed decides between "did not happen" and "may have".
  long sent = 0;
  curl_easy_getinfo(handle.get(), CURLINFO_REQUEST_SIZE, &sent);
  if (sent == 0)
    return {FaultKind::unavailable, concat(what, curl_easy_strerror(code)),
            "check that the server runs and can be reached"};
  return {FaultKind::unknown, concat(what, "the request was sent and no whole answer came: ", curl_easy_strerror(code)),
          "look whether it happened before asking again"};
}

Result<HttpClient> HttpClient::create(HttpClientConfig config) {
  static std::once_flag initialized;
  static CURLcode initialization = CURLE_OK;
  std::call_once(initialized, [] { initialization = curl_global_init(CURL_GLOBAL_DEFAULT); });
  if (initialization != CURLE_OK) return fault(FaultKind::unavailable, "libcurl did not start");

  SP_TRY(auto base, checked_base(config.base_url));
  if (config.timeout.count() <= 0) return fault(FaultKind::invalid, "the HTTP client's timeout is not positive");
  auto state = std::make_unique<State>();
  state->config = std::move(config);
  state->base = std::move(base);
  state->handle.reset(curl_easy_init());
  if (!state->handle) return fault(FaultKind::unavailable, "libcurl gave no handle");
  return HttpClient(std::move(state));
}

Result<HttpResponse> HttpClient::request(std::string_view method, std::string_view path, std::string_view body,
                                         std::string_view bearer_token, const HttpHeaders& headers) {
  const bool upper_case = !method.empty() && std::ranges::all_of(method, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!upper_case) return fault(FaultKind::invalid, "the method is not a word in upper case");
  if (!path.starts_with('/') || has_control_character(path) || path.find(' ') != std::string_view::npos)
    return fault(FaultKind::invalid, "the path does not begin with '/' or is not percent-encoded");
  SP_TRY(const CurlList list, state_->headers_of(!body.empty(), bearer_token, headers));

  Answer answer;
  answer.response.content_type.clear();
  state_->prepare(method, path, body, list.get(), answer);
  const CURLcode code = curl_easy_perform(state_->handle.get());
  if (code != CURLE_OK) return std::unexpected(state_->fault_of(code, answer));
  long status = 0;
  curl_easy_getinfo(state_->handle.get(), CURLINFO_RESPONSE_CODE, &status);
  answer.response.status = static_cast<int>(status);
  return std::move(answer.response);
}

HttpClient::HttpClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

}  // namespace sallyport
