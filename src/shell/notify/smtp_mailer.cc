#include "shell/notify/smtp_mailer.h"

#include <curl/curl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <mutex>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/text.h"
#include "crypto/wiping_heap.h"
#include "shell/notify/mail_text.h"

namespace sallyport {
namespace {

struct CurlDeleter {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

char* copy_of_text(const char* text) {
  const auto size = std::strlen(text) + 1;
  auto* const copy = static_cast<char*>(wiping_malloc(size));
  if (copy != nullptr) std::memcpy(copy, text, size);
  return copy;
}

constexpr std::size_t password_bytes_max = 1024;

// Wiped when it goes; never copied. (libcurl keeps a copy of its own until its handle is freed.)
struct Password {
  std::array<char, password_bytes_max + 1> text{};
  Password() = default;
  Password(const Password&) = delete;
  Password& operator=(const Password&) = delete;
  ~Password() { ::explicit_bzero(text.data(), text.size()); }
};

Result<void> read_password(const std::string& path, Password& into) {
  std::ifstream file;
  file.rdbuf()->pubsetbuf(nullptr, 0);  // no buffer of the library's keeps a copy
  file.open(path, std::ios::binary);
  if (!file) return fault(FaultKind::unavailable, concat("the mail password's file ", path, " cannot be read"));
  file.getline(into.text.data(), static_cast<std::streamsize>(into.text.size()));
  if (into.text[0] == '\0' || (file.fail() && !file.eof()))
    return fault(FaultKind::invalid, concat("the mail password's file ", path, " has no usable first line"),
                 concat("write the password on its first line, at most ", password_bytes_max, " bytes"));
  return {};
}

bool is_local_part_character(char c) {  // RFC 5322 atext, and the dot
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~.").find(c) != std::string_view::npos;
}
bool is_domain_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.';
}
bool is_dotted(std::string_view text) {
  return !text.empty() && !text.starts_with('.') && !text.ends_with('.') && text.find("..") == std::string_view::npos;
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

struct Upload {
  std::string_view left;
  std::chrono::steady_clock::time_point deadline;
  bool begun = false;
};

std::size_t on_read(char* into, std::size_t, std::size_t room, void* user) {
  auto& upload = *static_cast<Upload*>(user);
  upload.begun = true;
  const std::size_t count = std::min(room, upload.left.size());
  std::memcpy(into, upload.left.data(), count);
  upload.left.remove_prefix(count);
  return count;
}

// CURLOPT_TIMEOUT_MS ends the transfer, but not the QUIT after it, which waits two minutes for a
// server that has gone silent. libcurl asks here about once a second, then too.
int is_overdue(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return std::chrono::steady_clock::now() > static_cast<const Upload*>(user)->deadline ? 1 : 0;
}

std::size_t ignore_bytes(char*, std::size_t, std::size_t size, void*) { return size; }

Result<std::string> new_message_id(std::string_view from) {
  std::array<std::uint8_t, 16> random{};
  if (::getentropy(random.data(), random.size()) != 0)
    return fault(FaultKind::unavailable, "the system gave no random bytes for a Message-ID");
  return concat(to_hex(random), from.substr(from.find('@')));
}

Fault fault_of(CURL* curl, CURLcode code, const Upload& upload) {
  long reply = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
  // A refusal in so many words is certain, even after the text went out.
  const bool refused = code == CURLE_SEND_ERROR || code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_LOGIN_DENIED ||
                       code == CURLE_RECV_ERROR || code == CURLE_REMOTE_ACCESS_DENIED;
  if (refused && reply >= 500 && reply < 600)
    return {FaultKind::rejected, concat("the mail server refused the mail with ", reply),
            "check the address, and the server's log"};
  if (refused && reply >= 400 && reply < 500)
    return {FaultKind::unavailable, concat("the mail server put the mail off with ", reply), "send it again later"};
  if (code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE)
    return {FaultKind::unavailable, "the mail server's certificate does not verify",
            "name its authority's certificate as the CA file"};
  if (upload.begun)
    return {FaultKind::unknown, concat("the mail was sent and not acknowledged: ", curl_easy_strerror(code)),
            "it may arrive; send it again only if a second one does no harm"};
  return {FaultKind::unavailable, concat("the mail server was not reached: ", curl_easy_strerror(code)),
          "check that it runs and can be reached"};
}

}  // namespace

bool is_mail_address(std::string_view text) noexcept {
  if (text.size() > mail_address_bytes_max) return false;
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return false;
  const auto local = text.substr(0, at);
  const auto domain = text.substr(at + 1);
  // A leading '-' would be an option to a program that a mail server hands the address to.
  if (!is_dotted(local) || local.size() > 64 || local.front() == '-' || !is_dotted(domain) || domain.front() == '-')
    return false;
  return std::ranges::all_of(local, is_local_part_character) && std::ranges::all_of(domain, is_domain_character);
}

Result<std::unique_ptr<SmtpMailer>> SmtpMailer::create(SmtpConfig config) {
  static std::once_flag initialized;
  static CURLcode initialization = CURLE_OK;
  std::call_once(initialized, [] {  // what is sent has codes in it
    initialization = curl_global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc, wiping_free, wiping_realloc, copy_of_text,
                                          wiping_calloc);
  });
  if (initialization != CURLE_OK) return fault(FaultKind::unavailable, "libcurl did not start");

  const std::unique_ptr<CURLU, CurlDeleter> url(curl_url());
  const auto refuse = [](std::string why) {
    return fault(FaultKind::invalid, concat("the mail server's URL ", why),
                 "write it as smtps://host:port or smtp://host:port");
  };
  if (!url || curl_url_set(url.get(), CURLUPART_URL, config.url.c_str(), 0) != CURLUE_OK) return refuse("is malformed");
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  if (scheme != "smtp" && scheme != "smtps") return refuse("is neither smtps nor smtp");
  if (!url_part(url.get(), CURLUPART_USER).empty() || !url_part(url.get(), CURLUPART_PASSWORD).empty())
    return refuse("holds a login, which belongs into `username` and `password_file`");
  const auto path = url_part(url.get(), CURLUPART_PATH);
  if (!url_part(url.get(), CURLUPART_QUERY).empty() || (path != "/" && !path.empty()))
    return refuse("has more than host and port");
  if (!is_mail_address(config.from))
    return fault(FaultKind::invalid, "the sender is not a bare ASCII mail address", "write it as name@example.org");
  if (config.username.empty() != config.password_file.empty())
    return fault(FaultKind::invalid, "the mail login has a name or a password file, and not both");
  if (config.timeout.count() <= 0) return fault(FaultKind::invalid, "the time for a mail is not positive");

  const auto host = url_part(url.get(), CURLUPART_HOST);
  const bool numbers = host.find_first_not_of("0123456789.") == std::string::npos;
  auto mailer = std::unique_ptr<SmtpMailer>(new SmtpMailer(std::move(config)));
  mailer->loopback_ = host == "localhost" || host == "[::1]" || (host.starts_with("127.") && numbers);
  return mailer;
}

SmtpMailer::SmtpMailer(SmtpConfig config) : config_(std::move(config)) {}

Result<void> SmtpMailer::send(const Mail& mail) {
  SP_CHECK(check_mail(mail));
  SP_TRY(const auto message_id, new_message_id(config_.from));
  const std::string text = mail_text(mail, {config_.from, std::time(nullptr), message_id});
  Upload upload{.left = text, .deadline = std::chrono::steady_clock::now() + config_.timeout};

  const std::unique_ptr<CURL, CurlDeleter> handle(curl_easy_init());
  const std::unique_ptr<curl_slist, CurlDeleter> recipient(
      curl_slist_append(nullptr, concat("<", mail.to, ">").c_str()));
  if (!handle || !recipient) return fault(FaultKind::unavailable, "libcurl gave no handle");
  const auto set = [curl = handle.get()](CURLoption option, auto value) {
    const CURLcode code = curl_easy_setopt(curl, option, value);
    SALLYPORT_ASSERT(code == CURLE_OK);  // only this build of libcurl could refuse these
  };
  set(CURLOPT_URL, config_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NETRC, long{CURL_NETRC_IGNORED});
  set(CURLOPT_USE_SSL, long{loopback_ && config_.username.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL});
  set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!config_.ca_file.empty()) {
    set(CURLOPT_CAINFO, config_.ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));
  }
  if (!config_.username.empty()) {
    Password password;
    SP_CHECK(read_password(config_.password_file, password));
    set(CURLOPT_USERNAME, config_.username.c_str());
    set(CURLOPT_PASSWORD, password.text.data());
  }
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(config_.timeout.count()));
  set(CURLOPT_FORBID_REUSE, 1L);  // so that QUIT is said during the transfer, where is_overdue() can end it
  set(CURLOPT_NOPROGRESS, 0L);
  set(CURLOPT_XFERINFOFUNCTION, &is_overdue);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&upload));
  set(CURLOPT_MAIL_FROM, concat("<", config_.from, ">").c_str());
  set(CURLOPT_MAIL_RCPT, recipient.get());
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_READFUNCTION, &on_read);
  set(CURLOPT_READDATA, static_cast<void*>(&upload));
  set(CURLOPT_WRITEFUNCTION, &ignore_bytes);

  const CURLcode code = curl_easy_perform(handle.get());
  if (code != CURLE_OK) return std::unexpected(fault_of(handle.get(), code, upload));
  return {};
}

}  // namespace sallyport
