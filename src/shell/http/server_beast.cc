// The server's connections: Asio coroutines, one for each connection, on threads that never wait.
// The only file that instantiates Asio's streams, because that costs half a minute of compiling.
//
// Each worker is one thread with its own io_context; a connection lives on one worker from accept to
// close, so nothing in it is locked. What reaches it from elsewhere comes through reply_slot.h.
// Deadlines are not timers (arming one for each read costs more than the read): a connection writes
// down its deadline, and its worker sweeps through all of them four times a second.

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <ctime>
#include <exception>
#include <list>
#include <new>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/text.h"
#include "crypto/wiping_heap.h"
#include "shell/http/reply_slot.h"
#include "shell/http/request_parser.h"
#include "shell/http/response_text.h"
#include "shell/http/server_tls.h"

namespace sallyport {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;

// Named executors spare a virtual call on every operation.
using Executor = asio::io_context::executor_type;
template <typename T>
using Task = asio::awaitable<T, Executor>;
using Socket = asio::basic_stream_socket<tcp, Executor>;
using TlsSocket = asio::ssl::stream<Socket>;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

auto yielding(error_code& error) { return asio::redirect_error(asio::use_awaitable_t<Executor>{}, error); }

constexpr auto sweep_period = std::chrono::milliseconds(250);
constexpr auto accept_pause = std::chrono::milliseconds(100);   // when the process is out of descriptors
constexpr auto closing_time = std::chrono::milliseconds(2'000);  // to let the last answer arrive
constexpr std::size_t read_bytes = 8 * 1024;                    // one read takes nearly every request whole
constexpr std::size_t discard_bytes_max = 256 * 1024;           // read away after a refusal, then cut off
constexpr std::size_t joined_bytes_max = 16 * 1024;  // a body up to here goes out with its head: one TLS record
constexpr int threads_max = 64;

enum class Phase { handshake, idle, reading, handling, writing, closing };

struct Core {
  HttpLimits limits;
  HttpHandler handler;
  std::shared_ptr<Admission> admission;
  std::atomic<std::size_t> connections{0};
  std::atomic<bool> stopping{false};
};

struct Connection;

// One thread. Everything here but the gate belongs to that thread.
struct Worker {
  std::shared_ptr<WakeGate> gate;
  std::list<Connection*> connections;
  HttpDate date;
  SteadyClock::time_point drain_deadline = SteadyClock::time_point::max();
  std::thread thread;
  asio::io_context io{1};  // last: destroyed first, with the connections that point into the rest
  Timer sweep_timer{io};
};

// What the sweep needs to know about a connection.
struct Connection {
  Connection(Worker& its_worker, Core& its_core, Socket& its_socket)
      : worker(its_worker), core(its_core), socket(its_socket), sleeper(its_worker.io) {
    place = worker.connections.insert(worker.connections.end(), this);
  }
  ~Connection() {
    worker.connections.erase(place);
    core.connections.fetch_sub(1, std::memory_order_relaxed);
    if (core.stopping && worker.connections.empty()) worker.sweep_timer.cancel();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void enter(Phase next, std::chrono::milliseconds at_most) {
    phase = next;
    deadline = SteadyClock::now() + at_most;
  }
  void overdue() {
    if (phase == Phase::handling) {
      timed_out = true;
      sleeper.cancel();
      return;
    }
    error_code ignored;  // closing cannot fail in a way that matters: the descriptor is gone either way
    socket.close(ignored);
  }

  Worker& worker;
  Core& core;
  Socket& socket;
  Timer sleeper;
  std::list<Connection*>::iterator place;
  Phase phase = Phase::handshake;
  SteadyClock::time_point deadline;
  bool timed_out = false;
};

void sweep(Worker& worker, bool stopping) {
  const auto now = SteadyClock::now();
  for (Connection* connection : worker.connections) {
    auto deadline = connection->deadline;
    if (stopping) {
      if (connection->phase == Phase::idle) deadline = now;
      const bool leaving = connection->phase == Phase::writing || connection->phase == Phase::closing;
      deadline = std::min(deadline, leaving ? worker.drain_deadline + closing_time : worker.drain_deadline);
    }
    if (deadline <= now) connection->overdue();
  }
}

Task<void> keep_sweeping(Worker& worker, Core& core) {
  error_code cancelled;
  while (!core.stopping || !worker.connections.empty()) {
    worker.sweep_timer.expires_after(sweep_period);
    co_await worker.sweep_timer.async_wait(yielding(cancelled));
    sweep(worker, core.stopping);
  }
}

// Returns false when the connection is gone.
template <typename Stream>
Task<bool> write_all(Stream& stream, std::string_view bytes) {
  error_code error;
  while (!bytes.empty()) {
    const std::size_t written = co_await stream.async_write_some(asio::buffer(bytes), yielding(error));
    if (error) co_return false;
    bytes.remove_prefix(written);
  }
  co_return true;
}

template <typename Stream>
Task<bool> send(Stream& stream, Connection& connection, std::string& out, HttpResponse response, ResponseFrame frame) {
  if (!is_sendable(response)) response = problem(500, "unsendable-answer", "The answer could not be written");
  connection.enter(Phase::writing, connection.core.limits.write_timeout);
  frame.date = connection.worker.date.at(std::time(nullptr));
  out.clear();
  append_response_head(out, response, frame);
  const bool bare = has_no_body(response.status, frame.head_only);
  const bool joined = !bare && response.body.size() <= joined_bytes_max;
  if (joined) out += response.body;
  if (!co_await write_all(stream, out)) co_return false;
  if (bare || joined) co_return true;
  co_return co_await write_all(stream, response.body);
}

HttpResponse refusal_response(const RequestRefusal& refusal) {
  std::string_view suffix = "bad-request";
  if (refusal.status == 413) suffix = "body-too-large";
  if (refusal.status == 414) suffix = "target-too-long";
  if (refusal.status == 431) suffix = "head-too-large";
  return problem(refusal.status, suffix, "The request was refused", refusal.what);
}

// Sleeps, without holding the thread, until the handler answered or its time is up.
Task<HttpResponse> answer_of(ReplySlot& slot, Connection& connection) {
  if (!slot.answered() && slot.wait_begins()) {
    connection.enter(Phase::handling, connection.core.limits.reply_timeout);
    connection.timed_out = false;
    slot.wake_up = [&connection] { connection.sleeper.cancel(); };
    error_code cancelled;
    while (!slot.answered() && !connection.timed_out) {
      connection.sleeper.expires_at(SteadyClock::time_point::max());
      co_await connection.sleeper.async_wait(yielding(cancelled));
    }
    slot.wake_up = nullptr;
  }
  if (auto response = slot.take()) co_return std::move(*response);
  co_return problem(504, "no-answer-in-time", "The request was taken and not answered in time",
                    "it may or may not have taken effect", "look at the case before asking again");
}

// Fills in what the target says; a refusal otherwise.
std::optional<HttpResponse> complete(HttpRequest& request, std::string_view raw_target, const std::string& peer) {
  auto target = parse_request_target(raw_target);
  if (!target) return refusal_response({400, target.error().what});
  request.path = std::move(target->path);
  request.segments = std::move(target->segments);
  request.query = std::move(target->query);
  request.peer = peer;
  return std::nullopt;
}

Task<HttpResponse> handle(Connection& connection, HttpRequest request) {
  Core& core = connection.core;
  if (!core.admission->enter()) {
    auto busy = problem(503, "busy", "Too many requests are being handled", {}, "ask again in a second");
    busy.headers.emplace_back("Retry-After", "1");
    co_return busy;
  }
  const auto slot = std::make_shared<ReplySlot>(connection.worker.gate, core.admission);
  bool failed = false;
  try {
    core.handler(std::move(request), slot->make_reply());
  } catch (const std::bad_alloc&) {  // in the middle of something: only what is on disk is known to be right
    std::terminate();
  } catch (...) {  // whatever it was may hold what a client must not see
    failed = true;
  }
  if (failed) {
    if (auto response = slot->take(); response && response->status != 500) co_return std::move(*response);
    co_return problem(500, "handler-failed", "The request could not be handled",
                      "it failed in the middle, and may have done part of its work", "read again before asking again");
  }
  co_return co_await answer_of(*slot, connection);
}

enum class ReadOutcome { whole, refused, gone };

template <typename Stream>
Task<ReadOutcome> read_request(Stream& stream, Connection& connection, boost::beast::flat_buffer& buffer,
                               RequestParser& parser) {
  error_code error;
  while (true) {
    if (buffer.size() > 0) {
      if (connection.phase != Phase::reading) connection.enter(Phase::reading, connection.core.limits.read_timeout);
      const auto bytes = buffer.data();
      buffer.consume(parser.feed(static_cast<const char*>(bytes.data()), bytes.size()));
      if (parser.refusal().status != 0) co_return ReadOutcome::refused;
      if (parser.is_done()) co_return ReadOutcome::whole;
    }
    const std::size_t count = co_await stream.async_read_some(buffer.prepare(read_bytes), yielding(error));
    if (error) co_return ReadOutcome::gone;
    buffer.commit(count);
  }
}

// Says goodbye so that the last answer arrives: closing with unread bytes would make the kernel send a
// reset, and a reset may overtake the answer (RFC 9112 section 9.6).
template <typename Stream>
Task<void> say_goodbye(Stream& stream, Connection& connection) {
  connection.enter(Phase::closing, closing_time);
  error_code error;
  if constexpr (std::is_same_v<Stream, TlsSocket>) co_await stream.async_shutdown(yielding(error));
  connection.socket.shutdown(Socket::shutdown_send, error);
  std::array<char, 4096> discarded{};
  for (std::size_t total = 0; !error && total < discard_bytes_max;)
    total += co_await connection.socket.async_read_some(asio::buffer(discarded), yielding(error));
}

template <typename Stream>
Task<void> converse(Stream& stream, Connection& connection, const std::string& peer) {
  const HttpLimits& limits = connection.core.limits;
  boost::beast::flat_buffer buffer(limits.header_bytes_max + 2 * read_bytes);
  std::string out;
  connection.enter(Phase::reading, limits.read_timeout);  // who connects has something to say
  while (true) {
    RequestParser parser(limits);
    const ReadOutcome outcome = co_await read_request(stream, connection, buffer, parser);
    if (outcome == ReadOutcome::gone) co_return;
    ResponseFrame frame;
    std::optional<HttpResponse> response;
    if (outcome == ReadOutcome::refused) {
      response = refusal_response(parser.refusal());
    } else {
      frame.head_only = parser.request().method == "HEAD";
      response = complete(parser.request(), parser.target(), peer);
    }
    frame.keep_alive = !response && parser.keep_alive();
    if (!response) response = co_await handle(connection, std::move(parser.request()));
    frame.keep_alive = frame.keep_alive && response->status != 504 && !connection.core.stopping;
    if (!co_await send(stream, connection, out, std::move(*response), frame)) co_return;
    if (!frame.keep_alive) break;
    if (out.capacity() > 2 * joined_bytes_max) out = {};
    connection.enter(Phase::idle, limits.idle_timeout);
  }
  co_await say_goodbye(stream, connection);
}

std::string address_of(const Socket& socket) {
  error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  return error ? std::string() : endpoint.address().to_string(error);
}

// The two kinds of connection. `Core::connections` was raised by the accepting side; Connection lowers it.
Task<void> serve_plain(Worker& worker, Core& core, Socket socket) {
  Connection connection(worker, core, socket);
  if (core.stopping) co_return;
  const std::string peer = address_of(socket);
  co_await converse(socket, connection, peer);
}

Task<void> serve_tls(Worker& worker, Core& core, asio::ssl::context& tls, Socket socket) {
  TlsSocket stream(std::move(socket), tls);
  Connection connection(worker, core, stream.next_layer());
  if (core.stopping) co_return;
  const std::string peer = address_of(stream.next_layer());
  connection.enter(Phase::handshake, core.limits.handshake_timeout);
  error_code error;
  co_await stream.async_handshake(asio::ssl::stream_base::server, yielding(error));
  if (error) co_return;
  co_await converse(stream, connection, peer);
}

// Over the limit: one attempt to say so, without waiting for anything, then closed.
void turn_away(Socket& socket, bool tls) {
  error_code ignored;
  if (!tls) {
    static constexpr std::string_view full =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n";
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(full), ignored);
    socket.shutdown(Socket::shutdown_send, ignored);
  }
  socket.close(ignored);
}

Result<tcp::endpoint> endpoint_of(const HttpServerConfig& config) {
  error_code error;
  const auto address = asio::ip::make_address(config.address, error);
  if (error)
    return fault(FaultKind::invalid, concat("the listening address '", config.address, "' is not an IP address"),
                 "write it in numbers, such as 127.0.0.1 or ::");
  if (!config.tls && !address.is_loopback())
    return fault(FaultKind::invalid, concat("plain HTTP would listen on ", config.address, ", outside this machine"),
                 "give a certificate and its key, or listen on 127.0.0.1 behind a proxy of yours");
  return tcp::endpoint(address, config.port);
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(HttpServerConfig config, HttpHandler handler) : config_(std::move(config)) {
    core_.limits = config_.limits;
    core_.handler = std::move(handler);
    core_.admission = std::make_shared<Admission>(config_.limits.in_flight_max);
  }
  ~Impl() { stop(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<void> start() {
    if (config_.threads < 1 || config_.threads > threads_max)
      return fault(FaultKind::invalid, concat("the HTTP server has ", config_.threads, " threads"),
                   concat("give it 1 to ", threads_max));
    SP_TRY(const auto endpoint, endpoint_of(config_));
    if (config_.tls) {
      tls_.emplace(asio::ssl::context::tls_server);
      SP_CHECK(prepare_server_tls(*tls_->native_handle(), *config_.tls));
    }
    for (int i = 0; i < config_.threads; ++i) add_worker();
    SP_CHECK(listen(endpoint));
    run_threads();
    return {};
  }

  std::uint16_t port() const noexcept { return port_; }

  void stop() {
    if (core_.stopping.exchange(true)) return;
    for (const auto& worker : workers_) {
      asio::post(worker->io, [this, &worker = *worker] {
        error_code ignored;
        if (acceptor_ && workers_.front().get() == &worker) acceptor_->close(ignored);
        worker.drain_deadline = SteadyClock::now() + core_.limits.drain_timeout;
        sweep(worker, true);
        worker.sweep_timer.cancel();
      });
    }
    for (const auto& worker : workers_)
      if (worker->thread.joinable()) worker->thread.join();
    for (const auto& worker : workers_) worker->gate->close();
  }

 private:
  void add_worker() {
    auto worker = std::make_unique<Worker>();
    worker->gate = std::make_shared<WakeGate>([io = &worker->io](std::shared_ptr<ReplySlot> slot) {
      asio::post(*io, [slot = std::move(slot)] {
        if (slot->wake_up) slot->wake_up();
      });
    });
    workers_.push_back(std::move(worker));
  }

  Result<void> listen(const tcp::endpoint& endpoint) {
    acceptor_.emplace(workers_.front()->io);
    error_code error;
    acceptor_->open(endpoint.protocol(), error);
    if (!error) acceptor_->set_option(Acceptor::reuse_address(true), error);
    if (!error) acceptor_->bind(endpoint, error);
    if (!error) acceptor_->listen(Acceptor::max_listen_connections, error);
    if (error)
      return fault(FaultKind::unavailable,
                   concat("listening on ", config_.address, " port ", config_.port, ": ", error.message()),
                   "choose another address or port, or stop what uses it");
    port_ = acceptor_->local_endpoint(error).port();
    return {};
  }

  void run_threads() {
    asio::co_spawn(workers_.front()->io, keep_accepting(), asio::detached);
    // Signals are for the thread that asked for them; these only serve.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    for (const auto& worker : workers_) {
      asio::co_spawn(worker->io, keep_sweeping(*worker, core_), asio::detached);
      worker->thread = std::thread([&io = worker->io] {
        while (io.run_one() > 0) wipe_dead_stack();
      });
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  Task<void> keep_accepting() {
    Timer pause(workers_.front()->io);
    error_code error;
    for (std::size_t next = 0; !core_.stopping; next = (next + 1) % workers_.size()) {
      Worker& worker = *workers_[next];
      Socket socket(worker.io);
      co_await acceptor_->async_accept(socket, yielding(error));
      if (core_.stopping) co_return;
      if (error) {
        pause.expires_after(accept_pause);
        co_await pause.async_wait(yielding(error));
        continue;
      }
      if (core_.connections.fetch_add(1, std::memory_order_relaxed) >= core_.limits.connections_max) {
        core_.connections.fetch_sub(1, std::memory_order_relaxed);
        turn_away(socket, tls_.has_value());
        continue;
      }
      socket.set_option(tcp::no_delay(true), error);
      if (tls_) asio::co_spawn(worker.io, serve_tls(worker, core_, *tls_, std::move(socket)), asio::detached);
      else asio::co_spawn(worker.io, serve_plain(worker, core_, std::move(socket)), asio::detached);
    }
  }

  HttpServerConfig config_;
  Core core_;
  std::optional<asio::ssl::context> tls_;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::optional<Acceptor> acceptor_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::start(HttpServerConfig config, HttpHandler handler) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(handler));
  if (auto started = impl->start(); !started)
    return with_context("starting the HTTP server", std::move(started).error());
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const noexcept { return impl_->port(); }
void HttpServer::stop() { impl_->stop(); }

}  // namespace sallyport
