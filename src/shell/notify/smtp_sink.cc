#include "shell/notify/smtp_sink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace sallyport {
namespace {

constexpr std::size_t message_bytes_max = 256 * 1024;  // twice what our mailer sends at most, encoded
constexpr std::size_t line_bytes_max = 1000;           // RFC 5321 section 4.5.3.1.6, with CRLF
constexpr std::size_t recipients_max = 100;            // section 4.5.3.1.8
constexpr int patience_ms = 10'000;

struct Socket {
  int fd = -1;
  explicit Socket(int its_fd) : fd(its_fd) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd >= 0) ::close(fd);
  }
};

bool starts_with_ignoring_case(std::string_view text, std::string_view upper) {
  if (text.size() < upper.size()) return false;
  for (std::size_t i = 0; i < upper.size(); ++i)
    if ((text[i] >= 'a' && text[i] <= 'z' ? text[i] - 'a' + 'A' : text[i]) != upper[i]) return false;
  return true;
}

// "<ada@example.org>" in "RCPT TO:<ada@example.org> SIZE=1".
std::optional<std::string> path_in(std::string_view line) {
  const std::size_t begin = line.find('<');
  const std::size_t end = line.find('>');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return std::nullopt;
  return std::string(line.substr(begin + 1, end - begin - 1));
}

std::string decoded_subject(std::string_view value) {
  constexpr std::string_view opening = "=?UTF-8?B?";
  std::string out;
  std::string_view rest = value;
  while (rest.starts_with(opening)) {
    const std::size_t end = rest.find("?=", opening.size());
    if (end == std::string_view::npos) return std::string(value);
    const auto bytes = from_base64(rest.substr(opening.size(), end - opening.size()));
    if (!bytes) return std::string(value);
    out += text_of(*bytes);
    rest.remove_prefix(end + 2);
    while (rest.starts_with(' ')) rest.remove_prefix(1);
  }
  return rest.empty() ? out : std::string(value);
}

// `message` has \n line ends. Header lines that continue were joined by one space.
Mail mail_from(std::string_view message, std::string to) {
  Mail mail{.to = std::move(to), .subject = {}, .text = {}};
  bool base64 = false;
  while (!message.empty() && message.front() != '\n') {
    std::string header;
    do {
      const std::size_t end = std::min(message.find('\n'), message.size());
      header += message.substr(0, end);
      message.remove_prefix(std::min(end + 1, message.size()));
    } while (message.starts_with(' ') || message.starts_with('\t'));
    if (starts_with_ignoring_case(header, "SUBJECT: "))
      mail.subject = decoded_subject(std::string_view(header).substr(9));
    if (starts_with_ignoring_case(header, "CONTENT-TRANSFER-ENCODING: BASE64")) base64 = true;
  }
  if (!message.empty()) message.remove_prefix(1);
  if (!base64) {
    mail.text = message;
    return mail;
  }
  std::string joined;
  for (const char c : message)
    if (c != '\n') joined.push_back(c);
  const auto bytes = from_base64(joined);
  const std::string_view decoded = bytes ? text_of(*bytes) : message;
  for (const char c : decoded)
    if (c != '\r') mail.text.push_back(c);
  return mail;
}

}  // namespace

class SmtpSink::Impl {
 public:
  Impl(int listening, int stop_event, std::uint16_t its_port)
      : port(its_port), listening_(listening), stop_event_(stop_event), thread_([this] { keep_serving(); }) {}
  ~Impl() {
    stopping_ = true;
    const std::uint64_t one = 1;
    while (::write(stop_event_.fd, &one, sizeof one) < 0 && errno == EINTR) {
    }
    thread_.join();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  std::optional<Mail> wait_for(std::string_view to, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    while (true) {
      for (auto& kept : kept_)
        if (!kept.given && kept.mail.to == to) {
          kept.given = true;
          return kept.mail;
        }
      if (arrived_.wait_until(lock, deadline) == std::cv_status::timeout) return std::nullopt;
    }
  }

  std::vector<Mail> mails() const {
    const std::lock_guard lock(mutex_);
    std::vector<Mail> all;
    for (const auto& kept : kept_) all.push_back(kept.mail);
    return all;
  }

  const std::uint16_t port;

 private:
  struct Kept {
    Mail mail;
    bool given = false;
  };
  struct Session {
    int fd;
    std::string buffer = {};
    std::vector<std::string> recipients = {};
    bool has_sender = false;
  };

  bool wait_readable(int fd, int at_most_ms) const {
    pollfd ready[] = {{fd, POLLIN, 0}, {stop_event_.fd, POLLIN, 0}};
    return ::poll(ready, 2, at_most_ms) > 0 && ready[1].revents == 0 && !stopping_;
  }

  void keep_serving() {
    while (!stopping_) {
      if (!wait_readable(listening_.fd, -1)) continue;
      const Socket socket(::accept4(listening_.fd, nullptr, nullptr, SOCK_CLOEXEC));
      if (socket.fd >= 0) serve(socket.fd);
    }
  }

  static bool say(const Session& session, std::string_view line) {
    const std::string bytes = concat(line, "\r\n");
    return ::send(session.fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }

  // The next line without its end; nothing when the peer is gone, slow or has no line ends.
  std::optional<std::string> next_line(Session& session) const {
    while (true) {
      const std::size_t end = session.buffer.find("\r\n");
      if (end != std::string::npos && end <= line_bytes_max) {
        std::string line = session.buffer.substr(0, end);
        session.buffer.erase(0, end + 2);
        return line;
      }
      if (session.buffer.size() > line_bytes_max || !wait_readable(session.fd, patience_ms)) return std::nullopt;
      char bytes[4096];
      const ssize_t count = ::recv(session.fd, bytes, sizeof bytes, 0);
      if (count <= 0) return std::nullopt;
      session.buffer.append(bytes, static_cast<std::size_t>(count));
    }
  }

  void serve(int fd) {
    Session session{fd};
    if (!say(session, "220 sink ready")) return;
    while (auto line = next_line(session))
      if (!obey(session, *line)) return;
  }

  bool obey(Session& session, std::string_view line) {
    const auto is = [&](std::string_view verb) { return starts_with_ignoring_case(line, verb); };
    if (is("EHLO") || is("HELO") || is("RSET")) {
      session.recipients.clear();
      session.has_sender = false;
      return say(session, "250 sink");
    }
    if (is("MAIL FROM:")) {
      session.has_sender = true;
      return say(session, "250 ok");
    }
    if (is("RCPT TO:")) return take_recipient(session, line);
    if (is("DATA")) return take_message(session);
    if (is("NOOP")) return say(session, "250 ok");
    if (is("QUIT")) {
      say(session, "221 bye");
      return false;
    }
    return say(session, "500 not understood");
  }

  static bool take_recipient(Session& session, std::string_view line) {
    auto path = path_in(line);
    if (!path || path->empty()) return say(session, "501 no address");
    if (!session.has_sender) return say(session, "503 MAIL first");
    if (session.recipients.size() == recipients_max) return say(session, "452 too many recipients");
    session.recipients.push_back(std::move(*path));
    return say(session, "250 ok");
  }

  bool take_message(Session& session) {
    if (session.recipients.empty()) return say(session, "503 RCPT first");
    if (!say(session, "354 go on")) return false;
    std::string message;
    while (true) {
      const auto line = next_line(session);
      if (!line) return false;
      if (*line == ".") break;
      if (message.size() + line->size() > message_bytes_max) return false;
      message += line->starts_with('.') ? std::string_view(*line).substr(1) : std::string_view(*line);
      message += '\n';
    }
    keep(message, std::exchange(session.recipients, {}));
    session.has_sender = false;
    return say(session, "250 kept");
  }

  void keep(std::string_view message, const std::vector<std::string>& recipients) {
    const std::lock_guard lock(mutex_);
    for (const auto& to : recipients) {
      if (kept_.size() == smtp_sink_mails_max) kept_.pop_front();
      kept_.push_back({mail_from(message, to)});
    }
    arrived_.notify_all();
  }

  const Socket listening_;
  const Socket stop_event_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Kept> kept_;
  std::thread thread_;  // last: it uses the rest
};

Result<std::unique_ptr<SmtpSink>> SmtpSink::start(std::uint16_t port) {
  const auto failed = [](std::string_view doing) {
    return fault(FaultKind::unavailable, concat("the mail sink: ", doing, " failed with error ", errno));
  };
  const int listening = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening < 0) return failed("socket()");
  const int on = 1;
  ::setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const int stop_event = ::eventfd(0, EFD_CLOEXEC);
  const bool listens = ::bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                       ::listen(listening, 64) == 0 &&
                       ::getsockname(listening, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  if (!listens || stop_event < 0) {
    auto fault_found = failed("listening");
    ::close(listening);
    if (stop_event >= 0) ::close(stop_event);
    return fault_found;
  }
  auto impl = std::make_unique<Impl>(listening, stop_event, ntohs(address.sin_port));
  return std::unique_ptr<SmtpSink>(new SmtpSink(std::move(impl)));
}

SmtpSink::SmtpSink(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SmtpSink::~SmtpSink() = default;
std::uint16_t SmtpSink::port() const noexcept { return impl_->port; }
std::string SmtpSink::url() const { return concat("smtp://127.0.0.1:", impl_->port); }
std::optional<Mail> SmtpSink::wait_for(std::string_view to, std::chrono::milliseconds timeout) {
  return impl_->wait_for(to, timeout);
}
std::vector<Mail> SmtpSink::mails() const { return impl_->mails(); }

}  // namespace sallyport
