#include "bin/sallyport-audit/pipeline.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace sallyport::audit {
namespace {

PreparedPart prepare(LedgerPart part, bool decode) {
  PreparedPart out{std::move(part), {}, {}};
  const auto* block = std::get_if<LedgerBlock>(&out.part);
  if (block == nullptr) return out;
  out.check = check_block(*block);
  if (!decode) return out;
  out.entries.reserve(out.check.readable);
  for (std::size_t i = 0; i < out.check.readable; ++i) {
    const auto& place = out.check.entries[i];
    if (!place.sound) continue;  // somebody else's words: reported, and not ruled upon
    out.entries.push_back(
        {block->first_index + i, read_entry(text_of(block->bundle().subspan(place.offset, place.length)))});
  }
  return out;
}

// A ring of prepared parts. Workers take turns at reading, so part numbers follow the file.
class Pipeline {
 public:
  Pipeline(LedgerFileReader& reader, const PipelineOptions& options)
      : reader_(reader), decode_(options.decode), slots_(parts_ahead * options.workers) {
    for (unsigned i = 0; i < options.workers; ++i) workers_.emplace_back([this] { work(); });
  }
  ~Pipeline() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
  }  // and the threads are joined
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // None: the file has ended.
  std::optional<Result<PreparedPart>> next() {
    std::unique_lock lock(mutex_);
    auto& slot = slots_[taken_ % slots_.size()];
    ready_.wait(lock, [&] { return slot.has_value() || (ended_ && taken_ == read_); });
    if (!slot) return std::nullopt;
    auto part = std::move(slot);
    slot.reset();
    ++taken_;
    lock.unlock();
    room_.notify_one();
    return part;
  }

 private:
  struct Ticket {
    std::size_t number;
    Result<LedgerPart> part;
  };

  void work() {
    while (auto ticket = read()) {
      Result<PreparedPart> prepared = std::unexpected(Fault{});
      if (ticket->part) prepared = prepare(std::move(*ticket->part), decode_);
      else prepared = std::unexpected(std::move(ticket->part).error());
      {
        const std::lock_guard lock(mutex_);
        slots_[ticket->number % slots_.size()] = std::move(prepared);
      }
      ready_.notify_one();
    }
  }

  std::optional<Ticket> read() {
    const std::lock_guard turn(turn_);
    std::size_t number = 0;
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [&] { return stopped_ || ended_ || read_ < taken_ + slots_.size(); });
      if (stopped_ || ended_) return std::nullopt;
      number = read_;
    }
    auto part = reader_.next();
    {
      const std::lock_guard lock(mutex_);
      read_ = number + 1;
      ended_ = !part || reader_.done();
    }
    return Ticket{number, std::move(part)};
  }

  LedgerFileReader& reader_;
  const bool decode_;
  std::mutex turn_;  // held by who reads; taken before mutex_
  std::mutex mutex_;
  std::condition_variable ready_;
  std::condition_variable room_;
  std::vector<std::optional<Result<PreparedPart>>> slots_;
  std::size_t read_ = 0;
  std::size_t taken_ = 0;
  bool ended_ = false;
  bool stopped_ = false;
  std::vector<std::jthread> workers_;  // last: joined before what they use goes
};

}  // namespace

Result<void> for_each_part(LedgerFileReader& reader, const PipelineOptions& options,
                           const std::function<bool(PreparedPart)>& take) {
  if (options.workers == 0) {
    while (!reader.done()) {
      SP_TRY(auto part, reader.next());
      if (!take(prepare(std::move(part), options.decode))) return {};
    }
    return {};
  }
  Pipeline pipeline(reader, options);
  while (auto part = pipeline.next()) {
    if (!*part) return std::unexpected(std::move(*part).error());
    if (!take(*std::move(*part))) return {};
  }
  return {};
}

}  // namespace sallyport::audit
