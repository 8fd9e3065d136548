// Both ends of the local socket, and peers that lie, stall, crash or are somebody else.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <latch>
#include <thread>

#include "base/text.h"
#include "shell/ipc/frame.h"
#include "shell/ipc/ipc_client.h"
#include "shell/ipc/ipc_server.h"

namespace sallyport {
namespace {

using namespace std::chrono_literals;
constexpr uid_t nobody = 65534;

Result<Json> echo(const Json& request) { return Json::object({{"you_said", request}}); }

class Ipc : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/sallyport-ipc-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ + "/private/exec.sock";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<IpcServer> serve(IpcHandler handler, std::size_t max = ipc_connections_max,
                                   std::vector<uid_t> allowed = {::geteuid()}) {
    auto server = IpcServer::start(path_, std::move(allowed), std::move(handler), max);
    EXPECT_TRUE(server) << (server ? "" : server.error().what);
    return server ? std::move(*server) : nullptr;
  }
  std::unique_ptr<IpcClient> client(std::chrono::milliseconds timeout = 2s, std::size_t pool = 4) {
    auto made = IpcClient::create(path_, ::geteuid(), pool, timeout);
    EXPECT_TRUE(made);
    return made ? std::move(*made) : nullptr;
  }
  // A connected socket without manners.
  ipc::Descriptor connect_raw() {
    ipc::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = ipc::address_of(path_);
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    return socket;
  }
  static std::string read_to_end(const ipc::Descriptor& socket) {
    std::string text;
    char buffer[512];
    timeval patience{3, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    for (ssize_t n = 0; (n = ::recv(socket.get(), buffer, sizeof buffer, 0)) > 0;)
      text.append(buffer, static_cast<std::size_t>(n));
    return text;
  }
  // What `work` returns in a child process that runs as another user.
  static int as_user(uid_t uid, const std::function<int()>& work) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::setuid(uid) == 0 ? work() : 99);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
  }

  std::string folder_;
  std::string path_;
};

#define NEEDS_ROOT() \
  if (::geteuid() != 0) GTEST_SKIP() << "only root can be another"  // tidy: allow skipped_test, needs two users

TEST_F(Ipc, carries_a_request_and_its_answer) {
  const auto server = serve(echo);
  const auto caller = client();
  for (int i = 0; i < 3; ++i) {
    const auto answer = caller->call(Json::object({{"n", i}, {"text", "Grüße\n"}}));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(to_text(*answer), concat(R"({"you_said":{"n":)", i, R"(,"text":"Grüße\n"}})"));
  }
}

TEST_F(Ipc, passes_every_kind_of_fault_through_as_it_was) {
  Fault given;
  const auto server = serve([&given](const Json&) -> Result<Json> { return std::unexpected(given); });
  const auto caller = client();
  for (const auto kind : {FaultKind::invalid, FaultKind::not_found, FaultKind::conflict, FaultKind::unavailable,
                          FaultKind::rejected, FaultKind::corrupt, FaultKind::unknown}) {
    given = Fault{kind, "the directory said no", "ask the directory"};
    const auto answer = caller->call({});
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error(), given);
  }
}

TEST_F(Ipc, gives_a_handlers_exception_as_unknown_without_its_words) {
  const auto server = serve([](const Json&) -> Result<Json> { throw std::runtime_error("hunter2"); });
  const auto answer = client()->call({});
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FaultKind::unknown);
  EXPECT_EQ(answer.error().what.find("hunter2"), std::string::npos);
}

TEST_F(Ipc, tells_not_delivered_from_not_answered) {
  const auto caller = client(300ms);
  EXPECT_EQ(caller->call({}).error().kind, FaultKind::unavailable);  // nobody there
  std::atomic<int> handled{0};
  const auto server = serve([&handled](const Json&) -> Result<Json> {
    ++handled;
    std::this_thread::sleep_for(600ms);
    return Json("late");
  });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(caller->call({}).error().kind, FaultKind::unknown);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 550ms);
  EXPECT_EQ(handled, 1);
}

TEST_F(Ipc, never_gives_a_late_answer_to_another_call) {
  const auto server = serve([](const Json& request) -> Result<Json> {
    if (request == Json("slow")) std::this_thread::sleep_for(300ms);
    return request;
  });
  const auto caller = client(200ms, 1);
  EXPECT_EQ(caller->call("slow").error().kind, FaultKind::unknown);
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(caller->call(i), Json(i));
    std::this_thread::sleep_for(5ms);
  }
}

TEST_F(Ipc, is_unavailable_when_every_connection_is_busy_until_the_deadline) {
  std::atomic<int> handled{0};
  const auto server = serve([&handled](const Json& request) -> Result<Json> {
    ++handled;
    std::this_thread::sleep_for(100ms);
    return request;
  });
  const auto caller = client(350ms, 1);
  std::atomic<int> answered{0};
  std::atomic<int> not_delivered{0};
  std::latch together(10);  // so that all have the same deadline
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 10; ++t)
      threads.emplace_back([&] {
        together.arrive_and_wait();
        const auto answer = caller->call("x");
        if (answer) ++answered;
        if (!answer && answer.error().kind == FaultKind::unavailable) ++not_delivered;
      });
  }
  server->stop();
  EXPECT_GE(answered, 1);
  EXPECT_GE(not_delivered, 1);
  EXPECT_LE(handled + not_delivered, 10);  // nothing that was handled is called "not delivered"
}

TEST_F(Ipc, serves_many_threads_over_a_small_pool) {
  const auto server = serve(echo);
  const auto caller = client(5s, 3);
  std::atomic<int> right{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 200; ++i) {
          const Json request = t * 1000 + i;
          if (caller->call(request) == Json::object({{"you_said", request}})) ++right;
        }
      });
  }
  EXPECT_EQ(right, 1600);
  EXPECT_EQ(server->refused_full(), 0U);
}

TEST_F(Ipc, connects_again_after_the_other_process_was_restarted) {
  auto server = serve(echo);
  const auto caller = client();
  EXPECT_TRUE(caller->call(1));
  server.reset();
  EXPECT_EQ(caller->call(2).error().kind, FaultKind::unavailable);
  server = serve(echo);
  EXPECT_TRUE(caller->call(3));
}

TEST_F(Ipc, is_unavailable_when_the_server_is_full_because_nothing_was_sent) {
  const auto server = serve(echo, 1);
  const auto first = client();
  EXPECT_TRUE(first->call(1));
  const auto second = client();
  EXPECT_EQ(second->call(2).error().kind, FaultKind::unavailable);
  EXPECT_EQ(server->refused_full(), 1U);
}

TEST_F(Ipc, carries_the_largest_frame_and_refuses_a_larger_one_before_sending) {
  const auto server =
      serve([](const Json& request) -> Result<Json> { return static_cast<int>(request.as_string().size()); });
  const auto caller = client();
  EXPECT_EQ(caller->call(std::string(ipc::ipc_frame_bytes_max - 2, 'x')), Json(ipc::ipc_frame_bytes_max - 2));
  EXPECT_EQ(caller->call(std::string(ipc::ipc_frame_bytes_max - 1, 'x')).error().kind, FaultKind::invalid);
}

TEST_F(Ipc, says_unknown_when_the_answer_is_larger_than_a_frame) {
  const auto server = serve([](const Json&) -> Result<Json> { return std::string(ipc::ipc_frame_bytes_max, 'x'); });
  EXPECT_EQ(client()->call({}).error().kind, FaultKind::unknown);
}

TEST_F(Ipc, closes_a_connection_with_a_malformed_frame_and_serves_the_others) {
  std::atomic<int> handled{0};
  const auto server = serve([&handled](const Json& request) -> Result<Json> {
    ++handled;
    return request;
  });
  const std::string_view bad[] = {{"\xFF\xFF\xFF\xFF", 4},
                                  {"\x00\x04\x00\x01", 4},
                                  {"\x00\x00\x00\x00", 4},
                                  {"\x00\x00\x00\x04nope", 8},
                                  {"\x00\x00\x00\x02{}{}", 8}};
  for (const auto bytes : bad) {
    const auto raw = connect_raw();
    ASSERT_EQ(::send(raw.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    ::shutdown(raw.get(), SHUT_WR);
    EXPECT_TRUE(read_to_end(raw).starts_with(ipc::greeting));
  }
  EXPECT_EQ(handled, 1);  // the last began with a whole frame
  EXPECT_TRUE(client()->call(1));
}

TEST_F(Ipc, survives_a_caller_that_dies_in_the_middle) {
  const auto server = serve([](const Json& request) -> Result<Json> {
    std::this_thread::sleep_for(50ms);
    return request;
  });
  for (const std::string_view bytes : {std::string_view("\x00\x00", 2), std::string_view("\x00\x00\x00\x02{}", 6)}) {
    const auto raw = connect_raw();
    ASSERT_GT(::send(raw.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
  }
  std::this_thread::sleep_for(100ms);
  EXPECT_TRUE(client()->call(1));
}

TEST_F(Ipc, lets_a_handler_finish_and_answer_when_it_stops) {
  const auto server = serve([](const Json& request) -> Result<Json> {
    std::this_thread::sleep_for(150ms);
    return request;
  });
  const auto caller = client();
  std::jthread calling([&] { EXPECT_EQ(caller->call("last"), Json("last")); });
  std::this_thread::sleep_for(50ms);
  server->stop();
}

TEST_F(Ipc, makes_a_private_folder_and_a_private_socket_and_removes_it) {
  auto server = serve(echo);
  struct stat found{};
  ASSERT_EQ(::lstat(path_.c_str(), &found), 0);
  EXPECT_TRUE(S_ISSOCK(found.st_mode));
  EXPECT_EQ(found.st_mode & 07777U, 0600U);
  ASSERT_EQ(::lstat((folder_ + "/private").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 07777U, 0700U);
  server.reset();
  EXPECT_NE(::lstat(path_.c_str(), &found), 0);
}

TEST_F(Ipc, refuses_a_folder_that_others_may_write_in_or_that_is_a_link) {
  ASSERT_EQ(::mkdir((folder_ + "/private").c_str(), 0700), 0);
  ASSERT_EQ(::chmod((folder_ + "/private").c_str(), 0770), 0);
  EXPECT_EQ(IpcServer::start(path_, {::geteuid()}, echo).error().kind, FaultKind::invalid);
  ASSERT_EQ(::chmod((folder_ + "/private").c_str(), 0700), 0);
  ASSERT_EQ(::symlink((folder_ + "/private").c_str(), (folder_ + "/link").c_str()), 0);
  EXPECT_EQ(IpcServer::start(folder_ + "/link/exec.sock", {::geteuid()}, echo).error().kind, FaultKind::invalid);
}

TEST_F(Ipc, replaces_the_socket_of_a_dead_process_but_not_of_a_living_one_nor_a_file) {
  auto server = serve(echo);
  EXPECT_EQ(IpcServer::start(path_, {::geteuid()}, echo).error().kind, FaultKind::conflict);
  EXPECT_TRUE(client()->call(1));
  server.reset();

  const auto address = ipc::address_of(path_);
  {
    const ipc::Descriptor foreign(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));  // listens, without our lock
    ASSERT_EQ(::bind(foreign.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    ASSERT_EQ(::listen(foreign.get(), 1), 0);
    EXPECT_EQ(IpcServer::start(path_, {::geteuid()}, echo).error().kind, FaultKind::conflict);
  }
  server = serve(echo);  // that one is closed now, its file left behind
  EXPECT_TRUE(client()->call(1));
  server.reset();

  std::ofstream(path_) << "somebody's notes";
  EXPECT_EQ(IpcServer::start(path_, {::geteuid()}, echo).error().kind, FaultKind::conflict);
  EXPECT_TRUE(std::filesystem::exists(path_));
}

TEST_F(Ipc, refuses_paths_that_are_no_socket_paths_and_limits_that_are_none) {
  for (const std::string& path : {std::string(), std::string("relative.sock"), "/tmp/" + std::string(200, 'x')}) {
    EXPECT_EQ(IpcServer::start(path, {::geteuid()}, echo).error().kind, FaultKind::invalid) << path;
    EXPECT_EQ(IpcClient::create(path, ::geteuid(), 1, 1s).error().kind, FaultKind::invalid) << path;
  }
  EXPECT_EQ(IpcServer::start(path_, {}, echo).error().kind, FaultKind::invalid);
  EXPECT_EQ(IpcServer::start(path_, {::geteuid()}, echo, 0).error().kind, FaultKind::invalid);
  EXPECT_EQ(IpcClient::create(path_, ::geteuid(), 0, 1s).error().kind, FaultKind::invalid);
  EXPECT_EQ(IpcClient::create(path_, ::geteuid(), 1, 0s).error().kind, FaultKind::invalid);
}

TEST_F(Ipc, closes_a_peer_of_another_user_unread_and_counts_it) {
  NEEDS_ROOT();
  std::atomic<int> handled{0};
  const auto server = serve(
      [&handled](const Json& request) -> Result<Json> {
        ++handled;
        return request;
      },
      ipc_connections_max, {0, 1});  // user 1 may, so the file lets everybody knock
  ASSERT_EQ(::chmod(folder_.c_str(), 0711), 0);
  ASSERT_EQ(::chmod((folder_ + "/private").c_str(), 0711), 0);
  const auto knock = [this] {  // 1: greeted, 2: closed at once, 3: could not connect
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    const auto address = ipc::address_of(path_);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) return 3;
    (void)!::send(fd, "\x00\x00\x00\x02{}", 6, MSG_NOSIGNAL);
    char byte = 0;
    return ::recv(fd, &byte, 1, 0) == 1 ? 1 : 2;
  };
  EXPECT_EQ(as_user(nobody, knock), 2);
  EXPECT_EQ(server->refused_peers(), 1U);
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(as_user(1, knock), 1);
  EXPECT_EQ(server->refused_peers(), 1U);
}

TEST_F(Ipc, lets_nobody_else_reach_a_socket_that_is_for_ourselves) {
  NEEDS_ROOT();
  const auto server = serve(echo);
  EXPECT_EQ(as_user(nobody,
                    [this] {
                      const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
                      const auto address = ipc::address_of(path_);
                      return ::connect(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ? 1 : 3;
                    }),
            3);
  EXPECT_EQ(server->refused_peers(), 0U);
}

TEST_F(Ipc, sends_nothing_to_a_listener_of_another_user) {
  const auto server = serve(echo);
  const auto caller = IpcClient::create(path_, nobody, 1, 1s);
  ASSERT_TRUE(caller);
  const auto answer = (*caller)->call(Json("for the executor's eyes"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, FaultKind::unavailable);
  EXPECT_NE(answer.error().what.find("another user"), std::string::npos);
}

// Answers of another form: a listener that speaks the greeting and then nonsense.
TEST_F(Ipc, takes_an_answer_of_another_form_for_no_answer) {
  for (const char* text : {R"({"answer":1,"fault":null})", R"({"fault":{"kind":"fine","what":"","next_step":""}})",
                           R"({"fault":{"kind":"invalid"}})", "[]", "nonsense"}) {
    std::filesystem::create_directories(folder_ + "/private");
    ::unlink(path_.c_str());
    const ipc::Descriptor listening(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = ipc::address_of(path_);
    ASSERT_EQ(::bind(listening.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address), 0);
    ASSERT_EQ(::listen(listening.get(), 1), 0);
    std::jthread liar([&] {
      const ipc::Descriptor peer(::accept(listening.get(), nullptr, nullptr));
      const std::string_view said(text);
      const std::string bytes =
          concat(ipc::greeting, std::string_view("\0\0\0", 3), static_cast<char>(said.size()), said);
      (void)!::send(peer.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      read_to_end(peer);
    });
    EXPECT_EQ(client()->call(1).error().kind, FaultKind::unknown) << text;
  }
}

TEST_F(Ipc, reports_its_rate) {
  const auto server = serve(echo);
  const auto caller = client();
  const auto begin = std::chrono::steady_clock::now();
  constexpr int calls = 5000;
  for (int i = 0; i < calls; ++i) ASSERT_TRUE(caller->call(i));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::cout << "[ measured ] " << static_cast<int>(calls / took.count()) << " calls/s, one after the other\n";
}

}  // namespace
}  // namespace sallyport
