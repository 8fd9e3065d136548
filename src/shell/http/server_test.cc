// The server over real sockets on loopback: what it answers, what it refuses, and what it survives.
#include "shell/http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "base/json.h"
#include "base/text.h"
#include "shell/http/client.h"
#include "shell/http/problem.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;

HttpResponse text_response(std::string text) {
  return {.status = 200, .content_type = "text/plain", .body = std::move(text), .headers = {}};
}

HttpHandler echo() {
  return [](HttpRequest request, HttpReply reply) {
    reply(text_response(request.method + " " + request.path + " " + request.body));
  };
}

std::unique_ptr<HttpServer> started(HttpHandler handler, HttpServerConfig config = {}) {
  auto server = HttpServer::start(std::move(config), std::move(handler));
  EXPECT_TRUE(server) << (server ? "" : server.error().what);
  return server ? std::move(*server) : nullptr;
}

// A client that can misbehave: bytes out, bytes in.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { ::close(fd_); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  bool send(std::string_view bytes) const {
    return connected_ && ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // Everything until the server closes, or until `enough` occurs, or the time is up.
  std::string read(std::string_view enough = {}, std::chrono::milliseconds at_most = 5s) {
    const auto deadline = std::chrono::steady_clock::now() + at_most;
    std::string text;
    closed = false;
    while (enough.empty() || text.find(enough) == std::string::npos) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
      pollfd ready{fd_, POLLIN, 0};
      if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) break;
      char buffer[4096];
      const ssize_t count = ::recv(fd_, buffer, sizeof buffer, 0);
      closed = count <= 0;
      if (closed) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }
  int fd() const { return fd_; }
  bool closed = false;

 private:
  int fd_;
  bool connected_ = false;
};

std::string get(std::string_view target) { return concat("GET ", target, " HTTP/1.1\r\nHost: x\r\n\r\n"); }
int status_of(std::string_view answer) {
  int status = 0;
  if (answer.starts_with("HTTP/1.1 ") && answer.size() > 12)
    std::from_chars(answer.data() + 9, answer.data() + 12, status);
  return status;
}
// Sends one thing, reads until the server closes.
std::string refusal_of(const HttpServer& server, std::string_view bytes) {
  RawClient client(server.port());
  EXPECT_TRUE(client.send(bytes));
  auto answer = client.read();
  EXPECT_TRUE(client.closed);
  return answer;
}

TEST(HttpServer, answers_several_requests_on_one_connection) {
  const auto server = started(echo());
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.send(get(concat("/n", i))));
    const auto answer = client.read(concat("GET /n", i));
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_FALSE(client.closed);
  }
}

TEST(HttpServer, answers_pipelined_requests_in_order_and_stops_at_garbage) {
  const auto server = started(echo());
  const auto answers = refusal_of(*server, get("/one") + get("/two") + "garbage\r\n\r\n" + get("/three"));
  const auto one = answers.find("GET /one");
  const auto two = answers.find("GET /two");
  const auto bad = answers.find("HTTP/1.1 400");
  ASSERT_NE(bad, std::string::npos);
  EXPECT_LT(one, two);
  EXPECT_LT(two, bad);
  EXPECT_EQ(answers.find("/three"), std::string::npos);
}

TEST(HttpServer, gives_the_handler_the_request_taken_apart) {
  HttpRequest seen;
  const auto server = started([&seen](HttpRequest request, HttpReply reply) {
    seen = std::move(request);
    reply(text_response("taken"));
  });
  RawClient client(server->port());
  ASSERT_TRUE(
      client.send("POST /api/case%201?a=b HTTP/1.1\r\nHost: x\r\nauthorization: Bearer t\r\nIdempotency-Key: k1\r\n"
                  "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"));
  client.read("taken");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.path, "/api/case%201");
  EXPECT_EQ(seen.segments, (std::vector<std::string>{"api", "case 1"}));
  EXPECT_EQ(seen.query, (std::map<std::string, std::string>{{"a", "b"}}));
  EXPECT_EQ(seen.authorization, "Bearer t");
  EXPECT_EQ(seen.idempotency_key, "k1");
  EXPECT_EQ(seen.content_type, "application/json");
  EXPECT_EQ(seen.body, "{}");
  EXPECT_EQ(seen.peer, "127.0.0.1");
}

TEST(HttpServer, says_nothing_about_itself_and_forbids_caching_and_sniffing) {
  const auto server = started(echo());
  const auto answer = refusal_of(*server, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(answer.find("Server:"), std::string::npos);
  EXPECT_NE(answer.find("Cache-Control: no-store\r\n"), std::string::npos);
  EXPECT_NE(answer.find("X-Content-Type-Options: nosniff\r\n"), std::string::npos);
  EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos);
}

TEST(HttpServer, answers_head_without_the_body) {
  const auto server = started(echo());
  const auto answer = refusal_of(*server, "HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 8\r\n"), std::string::npos);
  EXPECT_TRUE(answer.ends_with("\r\n\r\n"));
}

TEST(HttpServer, takes_a_body_of_the_limit_and_refuses_one_byte_more) {
  std::size_t seen = 0;
  const auto server = started([&seen](HttpRequest request, HttpReply reply) {
    seen = request.body.size();
    reply(text_response("taken"));
  });
  const auto post = [](std::size_t size) {
    return concat("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ", size, "\r\n\r\n",
                  std::string(size, 'b'));
  };
  EXPECT_EQ(status_of(refusal_of(*server, post(64 * 1024))), 200);
  EXPECT_EQ(seen, 64U * 1024);
  seen = 0;
  const auto answer = refusal_of(*server, post(64 * 1024 + 1));
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
  EXPECT_NE(answer.find("urn:sallyport:body-too-large"), std::string::npos);
  EXPECT_EQ(seen, 0U);
}

TEST(HttpServer, refuses_each_malformed_request_without_asking_the_handler) {
  std::atomic<int> asked{0};
  const auto server = started([&asked](HttpRequest, HttpReply reply) {
    ++asked;
    reply(text_response("asked"));
  });
  struct Case {
    const char* bytes;
    int status;
  };
  const Case cases[] = {
      {"nonsense\r\n\r\n", 400},
      {"\x16\x03\x01\x02\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nIdempotency-Key: a\r\nidempotency-key: a\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\n\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: x\n\n\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: x\r\nX: a\x7F\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2,2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab", 400},
      {"GET /a%2fb HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /../etc HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET /a?k=1&k=2 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411},
      {"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 411},
      {"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", 417},
      {"TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 501},
      {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", 505},
      {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
  };
  for (const auto& [bytes, status] : cases) {
    const auto answer = refusal_of(*server, bytes);
    EXPECT_EQ(status_of(answer), status) << bytes << answer;
    EXPECT_NE(answer.find("application/problem+json"), std::string::npos) << bytes;
  }
  EXPECT_EQ(status_of(refusal_of(*server, get("/" + std::string(2048, 'a')))), 414);
  std::string many = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100; ++i) many += "X: " + std::string(200, 'a') + "\r\n";
  EXPECT_EQ(status_of(refusal_of(*server, many + "\r\n")), 431);  // large in all, each header being small
  EXPECT_EQ(status_of(refusal_of(*server, "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(20'000, 'a') + "\r\n\r\n")),
            431);
  EXPECT_EQ(asked, 0);
}

TEST(HttpServer, takes_a_reply_from_another_thread) {
  std::vector<std::jthread> threads;
  std::mutex mutex;
  const auto server = started([&](HttpRequest request, HttpReply reply) {
    const std::lock_guard lock(mutex);
    threads.emplace_back([path = request.path, reply = std::move(reply)]() mutable {
      std::this_thread::sleep_for(20ms);
      reply(text_response("later " + path));
    });
  });
  RawClient client(server->port());
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(client.send(get(concat("/", i))));
    EXPECT_EQ(status_of(client.read(concat("later /", i))), 200);
  }
}

TEST(HttpServer, carries_many_long_polls_on_one_thread) {
  std::mutex mutex;
  std::vector<HttpReply> parked;
  HttpServerConfig config;
  config.threads = 1;
  const auto server = started(
      [&](HttpRequest request, HttpReply reply) {
        if (request.path == "/quick") return reply(text_response("quick"));
        const std::lock_guard lock(mutex);
        parked.push_back(std::move(reply));
      },
      config);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(server->port()));
    ASSERT_TRUE(clients.back()->send(get("/poll")));
  }
  RawClient quick(server->port());
  ASSERT_TRUE(quick.send(get("/quick")));
  EXPECT_EQ(status_of(quick.read("quick", 2s)), 200);
  for (int i = 0; i < 200; ++i) {
    {
      const std::lock_guard lock(mutex);
      if (parked.size() == 50) break;
    }
    std::this_thread::sleep_for(10ms);
  }
  const std::lock_guard lock(mutex);
  ASSERT_EQ(parked.size(), 50U);
  for (auto& reply : parked) reply(text_response("event"));
  for (auto& client : clients) EXPECT_EQ(status_of(client->read("event")), 200);
}

TEST(HttpServer, answers_500_for_a_reply_that_was_dropped) {
  const auto server = started([](HttpRequest, HttpReply reply) { const auto dropped = std::move(reply); });
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  EXPECT_EQ(status_of(client.read("no-reply")), 500);
  EXPECT_FALSE(client.closed);
}

TEST(HttpServer, answers_500_without_details_for_a_handler_that_throws) {
  const auto server = started([](HttpRequest, HttpReply) { throw std::runtime_error("the password is hunter2"); });
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  const auto answer = client.read("handler-failed");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(answer.find("hunter2"), std::string::npos);
}

TEST(HttpServer, answers_500_for_a_header_that_cannot_be_sent) {
  const auto server = started([](HttpRequest, HttpReply reply) {
    reply({.status = 303, .body = "", .headers = {{"Location", "/\r\nSet-Cookie: session=theirs"}}});
  });
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  const auto answer = client.read("unsendable-answer");
  EXPECT_EQ(status_of(answer), 500);
  EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos);
}

TEST(HttpServer, answers_504_when_the_handler_takes_too_long_and_drops_its_late_reply) {
  HttpReply kept;
  HttpServerConfig config;
  config.limits.reply_timeout = 100ms;
  const auto server = started([&kept](HttpRequest, HttpReply reply) { kept = std::move(reply); }, config);
  const auto answer = refusal_of(*server, get("/"));
  EXPECT_EQ(status_of(answer), 504);
  EXPECT_NE(answer.find("may or may not have taken effect"), std::string::npos);
  kept(text_response("late"));
}

TEST(HttpServer, closes_a_client_that_is_too_slow) {
  HttpServerConfig config;
  config.limits.read_timeout = 200ms;
  const auto server = started(echo(), config);
  RawClient silent(server->port());
  RawClient slow(server->port());
  const auto begin = std::chrono::steady_clock::now();
  std::atomic<bool> done{false};
  std::jthread dripping([&] {  // each byte comes in time; the request as a whole does not
    for (const char c : get("/never")) {
      if (done || !slow.send(std::string_view(&c, 1))) return;
      std::this_thread::sleep_for(50ms);
    }
  });
  slow.read();
  EXPECT_TRUE(slow.closed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
  silent.read();
  EXPECT_TRUE(silent.closed);
  done = true;
}

TEST(HttpServer, closes_a_connection_that_is_idle_after_an_answer) {
  HttpServerConfig config;
  config.limits.idle_timeout = 100ms;
  const auto server = started(echo(), config);
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/x")));
  const auto begin = std::chrono::steady_clock::now();
  client.read();
  EXPECT_TRUE(client.closed);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 2s);
}

TEST(HttpServer, closes_a_client_that_does_not_read_its_answer) {
  HttpServerConfig config;
  config.limits.write_timeout = 200ms;
  const auto server =
      started([](HttpRequest, HttpReply reply) { reply(text_response(std::string(32 << 20, 'x'))); }, config);
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  std::this_thread::sleep_for(800ms);
  EXPECT_LT(client.read().size(), std::size_t{32} << 20);
  EXPECT_TRUE(client.closed);
}

TEST(HttpServer, turns_away_connections_beyond_the_limit_and_takes_new_ones_later) {
  HttpServerConfig config;
  config.limits.connections_max = 2;
  const auto server = started(echo(), config);
  auto first = std::make_unique<RawClient>(server->port());
  RawClient second(server->port());
  ASSERT_TRUE(first->send(get("/a")) && second.send(get("/b")));
  first->read("GET /a");
  second.read("GET /b");
  RawClient third(server->port());
  EXPECT_EQ(status_of(third.read()), 503);
  EXPECT_TRUE(third.closed);
  first.reset();
  std::this_thread::sleep_for(100ms);
  RawClient fourth(server->port());
  ASSERT_TRUE(fourth.send(get("/d")));
  EXPECT_EQ(status_of(fourth.read("GET /d")), 200);
}

TEST(HttpServer, refuses_work_beyond_the_handlers_it_allows_until_one_replies) {
  HttpReply parked;
  HttpServerConfig config;
  config.threads = 1;
  config.limits.in_flight_max = 1;
  const auto server = started(
      [&parked](HttpRequest request, HttpReply reply) {
        if (request.path == "/park") return void(parked = std::move(reply));
        reply(text_response("served"));
      },
      config);
  RawClient first(server->port());
  ASSERT_TRUE(first.send(get("/park")));
  std::this_thread::sleep_for(50ms);
  RawClient second(server->port());
  ASSERT_TRUE(second.send(get("/x")));
  EXPECT_EQ(status_of(second.read("}")), 503);
  EXPECT_FALSE(second.closed);
  parked(text_response("unparked"));
  first.read("unparked");
  ASSERT_TRUE(second.send(get("/x")));
  EXPECT_EQ(status_of(second.read("served")), 200);
}

TEST(HttpServer, survives_clients_that_leave_in_the_middle) {
  std::mutex mutex;
  std::vector<HttpReply> parked;
  const auto server = started([&](HttpRequest request, HttpReply reply) {
    if (request.path == "/") return reply(text_response("alive"));
    const std::lock_guard lock(mutex);
    parked.push_back(std::move(reply));
  });
  for (const char* bytes : {"", "G", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc",
                            "GET /gone HTTP/1.1\r\nHost: x\r\n\r\n"}) {
    RawClient client(server->port());
    ASSERT_TRUE(client.send(bytes));
    const linger reset{1, 0};
    ::setsockopt(client.fd(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    std::this_thread::sleep_for(20ms);
  }
  {
    const std::lock_guard lock(mutex);
    for (auto& reply : parked) reply(text_response("to nobody"));
  }
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  EXPECT_EQ(status_of(client.read("alive")), 200);
}

TEST(HttpServer, finishes_a_request_at_work_before_it_stops) {
  std::mutex mutex;
  std::condition_variable taken;
  HttpReply parked;
  const auto server = started([&](HttpRequest, HttpReply reply) {
    const std::lock_guard lock(mutex);
    parked = std::move(reply);
    taken.notify_one();
  });
  RawClient idle(server->port());
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  {
    std::unique_lock lock(mutex);
    ASSERT_TRUE(taken.wait_for(lock, 2s, [&] { return static_cast<bool>(parked); }));
  }
  std::jthread replying([&] {
    std::this_thread::sleep_for(100ms);
    parked(text_response("finished"));
  });
  std::jthread stopping([&] { server->stop(); });
  const auto answer = client.read();
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
  stopping.join();
  RawClient refused(server->port());
  EXPECT_FALSE(refused.send("x") && !refused.read({}, 200ms).empty());
}

TEST(HttpServer, stops_in_time_though_a_handler_never_replies_and_the_reply_may_outlive_it) {
  HttpReply kept;
  HttpServerConfig config;
  config.limits.drain_timeout = 100ms;
  auto server = started([&kept](HttpRequest, HttpReply reply) { kept = std::move(reply); }, config);
  RawClient client(server->port());
  ASSERT_TRUE(client.send(get("/")));
  std::this_thread::sleep_for(50ms);
  const auto begin = std::chrono::steady_clock::now();
  server.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
  EXPECT_EQ(status_of(client.read()), 504);
  kept(text_response("after the end"));
}

TEST(HttpServer, does_not_speak_plainly_beyond_this_machine) {
  HttpServerConfig config;
  config.address = "0.0.0.0";
  const auto refused = HttpServer::start(config, echo());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::invalid);
  EXPECT_FALSE(refused.error().next_step.empty());
  config.address = "127.0.0.2";
  EXPECT_TRUE(HttpServer::start(config, echo()));
}

TEST(HttpServer, refuses_names_and_ports_in_use_and_files_that_are_not_there) {
  HttpServerConfig config;
  config.address = "localhost";
  EXPECT_EQ(HttpServer::start(config, echo()).error().kind, FaultKind::invalid);
  const auto server = started(echo());
  config.address = "127.0.0.1";
  config.port = server->port();
  EXPECT_EQ(HttpServer::start(config, echo()).error().kind, FaultKind::unavailable);
  config.port = 0;
  config.tls = TlsFiles{"/no/such/chain.pem", "/no/such/key.pem"};
  EXPECT_EQ(HttpServer::start(config, echo()).error().kind, FaultKind::invalid);
  config.tls.reset();
  config.threads = 0;
  EXPECT_EQ(HttpServer::start(config, echo()).error().kind, FaultKind::invalid);
}

// Over TLS, with a certificate made for each run.
class HttpServerTls : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sallyport-http-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    const auto command = concat(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test ",
        "-addext subjectAltName=IP:127.0.0.1 -keyout ", folder_, "/key.pem -out ", folder_, "/cert.pem 2>/dev/null");
    ASSERT_EQ(::system(command.c_str()), 0);
    HttpServerConfig config;
    config.tls = TlsFiles{folder_ + "/cert.pem", folder_ + "/key.pem"};
    config.limits.handshake_timeout = 300ms;
    server_ = started(echo(), config);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A handshake and one request; the protocol's name, or nothing.
  std::string protocol_spoken(int version, SSL_SESSION** session = nullptr, const char* alpn = nullptr) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_min_proto_version(context, version);
    SSL_CTX_set_max_proto_version(context, version);
    RawClient client(server_->port());
    SSL* ssl = SSL_new(context);
    if (session != nullptr && *session != nullptr) SSL_set_session(ssl, *session);
    if (alpn != nullptr)
      SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(alpn), static_cast<unsigned>(strlen(alpn)));
    SSL_set_fd(ssl, client.fd());
    std::string spoken;
    if (SSL_connect(ssl) == 1) {
      char answer[16] = {};
      const auto request = get("/");
      if (SSL_write(ssl, request.data(), static_cast<int>(request.size())) > 0 && SSL_read(ssl, answer, 15) > 0)
        spoken = concat(SSL_get_version(ssl), SSL_session_reused(ssl) == 1 ? " resumed" : "");
      if (session != nullptr) *session = SSL_get1_session(ssl);
      SSL_shutdown(ssl);  // a session whose connection was not closed properly is not resumed
    }
    SSL_free(ssl);
    SSL_CTX_free(context);
    return spoken;
  }

  std::string folder_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(HttpServerTls, speaks_1_3_and_refuses_1_2) {
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION), "TLSv1.3");
  EXPECT_EQ(protocol_spoken(TLS1_2_VERSION), "");
}

TEST_F(HttpServerTls, resumes_a_session_from_its_ticket) {
  SSL_SESSION* session = nullptr;
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION, &session), "TLSv1.3");
  SSL_SESSION* second = session;
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION, &second), "TLSv1.3 resumed");
  SSL_SESSION_free(session);
  SSL_SESSION_free(second);
}

TEST_F(HttpServerTls, refuses_a_client_that_came_for_another_protocol) {
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION, nullptr, "\x08http/1.1"), "TLSv1.3");
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION, nullptr, "\x02h2\x08http/1.1"), "TLSv1.3");
  EXPECT_EQ(protocol_spoken(TLS1_3_VERSION, nullptr, "\x04imap"), "");
}

TEST_F(HttpServerTls, closes_plain_speakers_and_the_silent) {
  RawClient plain(server_->port());
  ASSERT_TRUE(plain.send(get("/")));
  EXPECT_EQ(plain.read().find("HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(plain.closed);
  RawClient silent(server_->port());
  silent.read();
  EXPECT_TRUE(silent.closed);
}

TEST_F(HttpServerTls, serves_our_client_which_verifies_it) {
  const auto url = concat("https://127.0.0.1:", server_->port());
  auto client = HttpClient::create({.base_url = url, .ca_file = folder_ + "/cert.pem"});
  ASSERT_TRUE(client);
  const std::string large(60'000, 'l');
  const auto answer = client->request("POST", "/x", large);
  ASSERT_TRUE(answer) << answer.error().what;
  EXPECT_EQ(answer->body, "POST /x " + large);

  auto stranger = HttpClient::create({.base_url = url});
  ASSERT_TRUE(stranger);
  const auto refused = stranger->request("GET", "/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, FaultKind::unavailable);
  EXPECT_NE(refused.error().what.find("does not verify"), std::string::npos);

  auto other_name =
      HttpClient::create({.base_url = concat("https://localhost:", server_->port()), .ca_file = folder_ + "/cert.pem"});
  ASSERT_TRUE(other_name);
  EXPECT_FALSE(other_name->request("GET", "/"));
}

TEST_F(HttpServerTls, refuses_a_key_that_is_not_the_certificates) {
  ASSERT_EQ(::system(concat("openssl genpkey -algorithm ED25519 -out ", folder_, "/other.pem").c_str()), 0);
  HttpServerConfig config;
  config.tls = TlsFiles{folder_ + "/cert.pem", folder_ + "/other.pem"};
  EXPECT_EQ(HttpServer::start(config, echo()).error().kind, FaultKind::invalid);
}

}  // namespace
}  // namespace sallyport
