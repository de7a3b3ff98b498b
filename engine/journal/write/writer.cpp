// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/write/writer.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <deque>
#include <list>
#include <utility>

namespace keyferry::engine {

namespace asio = boost::asio;

namespace {

/// Records that are written and synced together.
struct Batch {
    std::string bytes;
    std::size_t records = 0;
    std::uint64_t end_sequence = 0;  ///< the number after its last record
    io::Moment begun{};              ///< when its first record was staged
};

/// The result of the write and sync of a batch.
struct FlushResult {
    std::optional<JournalFailure> error;
    std::error_code no_room;  ///< why no more space could be reserved, if little is left
};

/// Reserves the next step if the reserved space is running low, and subtracts the `bytes` bytes
/// that are about to be written.
std::error_code extend_room(io::AppendFile& file, std::uint64_t bytes, JournalRoom& room) {
    std::error_code error;
    if (room.still_needed > 0 && room.reserved < bytes + kRoomLowBytes) {
        const std::uint64_t step = std::min(room.still_needed, kRoomStepBytes);
        error = file.reserve(room.reserved + step);
        if (!error) {
            room.reserved += step;
            room.still_needed -= step;
        }
    }
    room.reserved -= std::min(room.reserved, bytes);
    return error;
}

/// Runs on the flush executor.
FlushResult write_batch(io::AppendFile& file, const std::string& bytes, JournalRoom& room) {
    FlushResult result;
    if (const std::error_code unreserved = extend_room(file, bytes.size(), room)) {
        if (!is_out_of_space(unreserved)) {
            result.error = JournalFailure{"fallocate", unreserved.value()};
            return result;
        }
        if (room.reserved < kRoomMinBytes) {
            result.no_room = unreserved;
        }
    }
    if (const std::error_code failed = file.append(bytes)) {
        result.error = JournalFailure{"write", failed.value()};
    } else if (const std::error_code unsynced = file.sync()) {
        result.error = JournalFailure{"fdatasync", unsynced.value()};
    }
    return result;
}

/// A coroutine that resumes when all records below end_sequence are durable.
struct Waiter {
    std::uint64_t end_sequence;
    asio::any_completion_handler<void(bool)> handler;
};

/// A cancellable sleep. Shared with its handler, because the cancellation signal must outlive the
/// sleep.
struct Alarm {
    asio::cancellation_signal cancel;
    bool set = false;
};

}  // namespace

/// The state of the writer. It is a separate object because work in progress on another thread, or
/// a sleep, may outlive the writer.
struct JournalWriter::State : std::enable_shared_from_this<JournalWriter::State> {
    State(io::AppendFile& file_,
          JournalTail tail,
          io::Clock& clock_,
          asio::any_io_executor main_,
          asio::any_io_executor flush_,
          JournalWriterSettings settings_)
        : file(file_),
          clock(clock_),
          main(std::move(main_)),
          flush(std::move(flush_)),
          settings(settings_),
          encoder(tail),
          room(settings_.room),
          durable_end(tail.next_sequence) {}

    Batch& open_batch();
    void staged(Batch& batch);
    asio::awaitable<bool> when_durable(std::uint64_t end_sequence);
    void awaited(std::uint64_t end_sequence);
    void add_waiter(std::uint64_t end_sequence, asio::any_completion_handler<void(bool)> handler);
    bool is_full(const Batch& batch) const noexcept;
    bool is_due() const;
    void request_flush();
    void start_flush();
    void flushed(FlushResult result);
    void fail(JournalFailure error, std::string unwritten);
    void set_alarm(const std::shared_ptr<Alarm>& alarm, io::Moment when, void (State::*then)());
    void linger_over();
    void watch_flush();
    void check_stall();
    void end_stall();

    io::AppendFile& file;
    io::Clock& clock;
    asio::any_io_executor main;
    asio::any_io_executor flush;
    JournalWriterSettings settings;
    JournalEncoder encoder;

    std::deque<Batch> batches;  ///< staged; only the last one accepts records
    std::string spare_bytes;    ///< the buffer of a completed batch, for reuse
    bool flush_posted = false;
    /// The batch that is being written on `flush`, which only reads it; null if there is none.
    std::shared_ptr<Batch> flushing;
    io::Moment flush_began{};
    bool stalled = false;
    bool closed = false;  ///< the writer has been destroyed
    JournalRoom room;     ///< like `file`, used only by the `flush` thread while it works
    bool no_room_told = false;
    io::Moment next_sync{};         ///< no sync starts before this time
    std::uint64_t durable_end = 0;  ///< all records with lower numbers are durable
    std::uint64_t awaited_end = 0;  ///< records below this have a waiter
    /// A list and not a deque, because inserting must not assign handlers, which causes infinite
    /// recursion in Boost 1.81.
    std::list<Waiter> waiters;  ///< sorted by end_sequence
    std::optional<JournalFailure> failure;
    std::function<void()> on_durable;
    std::function<void(const JournalFailure&)> on_failure;
    std::function<void(std::string_view lines)> on_unwritten;
    std::function<void(bool is_stalled)> on_stall;
    std::function<void(std::error_code error)> on_no_room;
    std::shared_ptr<Alarm> stall_alarm = std::make_shared<Alarm>();
    std::shared_ptr<Alarm> linger_alarm = std::make_shared<Alarm>();
    std::shared_ptr<Alarm> interval_alarm = std::make_shared<Alarm>();
};

bool JournalWriter::State::is_full(const Batch& batch) const noexcept {
    return batch.records >= settings.batch_records_max ||
           batch.bytes.size() >= settings.batch_bytes_max;
}

/// Returns the batch for the next record.
Batch& JournalWriter::State::open_batch() {
    if (batches.empty() || is_full(batches.back())) {
        Batch& batch = batches.emplace_back();
        batch.bytes = std::exchange(spare_bytes, {});
        batch.bytes.clear();
        batch.begun = clock.now();
        encoder.begin_batch();
    }
    return batches.back();
}

void JournalWriter::State::staged(Batch& batch) {
    ++batch.records;
    batch.end_sequence = encoder.tail().next_sequence;
    if (is_full(batch)) {
        request_flush();
    } else if (!linger_alarm->set) {
        set_alarm(linger_alarm, batch.begun + settings.linger_max, &State::linger_over);
    }
}

asio::awaitable<bool> JournalWriter::State::when_durable(std::uint64_t end_sequence) {
    // This is not a separate coroutine: the caller's coroutine is resumed directly from flushed(),
    // so that waiting costs only a push and a call. A plain pointer is safe, because the captures
    // are stored in the waiting coroutine, which the state itself keeps alive.
    return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(
        [this](auto handler, std::uint64_t end) { add_waiter(end, std::move(handler)); },
        asio::use_awaitable,
        end_sequence);
}

void JournalWriter::State::add_waiter(std::uint64_t end_sequence,
                                      asio::any_completion_handler<void(bool)> handler) {
    if (failure || durable_end >= end_sequence) {
        const bool durable = !failure;
        asio::post(main, [handler = std::move(handler), durable]() mutable {
            std::move(handler)(durable);
        });
        return;
    }
    // The waiter is nearly always inserted at the end. However, an awaitable may be stored before
    // it is awaited, and may then be inserted after one that was created later.
    auto place = waiters.end();
    while (place != waiters.begin() && std::prev(place)->end_sequence > end_sequence) {
        --place;
    }
    waiters.insert(place, Waiter{end_sequence, std::move(handler)});
    awaited(end_sequence);
}

/// Makes records with numbers below `end_sequence` durable without lingering.
void JournalWriter::State::awaited(std::uint64_t end_sequence) {
    awaited_end = std::max(awaited_end, end_sequence);
    request_flush();
}

/// Whether a staged record must not wait any longer.
bool JournalWriter::State::is_due() const {
    return !batches.empty() && (awaited_end > durable_end || is_full(batches.front()) ||
                                clock.now() >= batches.front().begun + settings.linger_max);
}

void JournalWriter::State::request_flush() {
    if (flushing || flush_posted || failure) {
        return;  // flushed() checks for more work
    }
    if (clock.now() < next_sync) {
        if (!interval_alarm->set) {
            set_alarm(interval_alarm, next_sync, &State::request_flush);
        }
        return;
    }
    // The flush is posted, so that other handlers that are ready can add records to the batch
    // first.
    flush_posted = true;
    asio::post(main, [state = shared_from_this()] { state->start_flush(); });
}

void JournalWriter::State::start_flush() {
    flush_posted = false;
    if (failure || batches.empty()) {
        return;
    }
    assert(!flushing);
    flushing = std::make_shared<Batch>(std::move(batches.front()));
    batches.pop_front();
    flush_began = clock.now();
    next_sync = flush_began + (flushing->records >= settings.full_speed_records
                                   ? settings.sync_interval_at_full_speed_min
                                   : settings.sync_interval_min);
    watch_flush();
    // Keeps `main` running until the result arrives, even without other work.
    auto work = asio::prefer(main, asio::execution::outstanding_work.tracked);
    asio::post(flush, [state = shared_from_this(), batch = flushing, work]() mutable {
        FlushResult result = write_batch(state->file, batch->bytes, state->room);
        batch.reset();
        // Passed along, since the last reference must be released on `main`.
        const asio::any_io_executor back = state->main;
        asio::post(back, [state = std::move(state), result = std::move(result)]() mutable {
            State& self = *state;
            self.flushed(std::move(result));
        });
    });
}

/// Sets an alarm to detect a write and sync that takes too long. One alarm is used for many
/// batches: if it fires while a later batch is being written, it is set again.
void JournalWriter::State::watch_flush() {
    if (!stall_alarm->set) {
        set_alarm(stall_alarm, flush_began + settings.stall_after, &State::check_stall);
    }
}

void JournalWriter::State::check_stall() {
    if (!flushing || failure || stalled) {
        return;
    }
    if (clock.now() < flush_began + settings.stall_after) {
        watch_flush();
        return;
    }
    stalled = true;
    if (on_stall) {
        on_stall(true);
    }
}

void JournalWriter::State::end_stall() {
    if (std::exchange(stalled, false) && on_stall && !failure) {
        on_stall(false);
    }
}

void JournalWriter::State::flushed(FlushResult result) {
    const std::shared_ptr<Batch> batch = std::exchange(flushing, nullptr);
    if (failure) {
        return;  // give_up() was called
    }
    if (result.error) {
        stalled = false;
        fail(*std::move(result.error), std::move(batch->bytes));
        return;
    }
    if (result.no_room && on_no_room && !std::exchange(no_room_told, true)) {
        on_no_room(result.no_room);
    }
    end_stall();
    assert(batch->end_sequence > durable_end);
    durable_end = batch->end_sequence;
    spare_bytes = std::move(batch->bytes);
    // Handles all waiters that are due. Records that they stage go into the next batch. If they
    // wait again, they are queued behind those that are due now.
    while (!waiters.empty() && waiters.front().end_sequence <= durable_end) {
        auto handler = std::move(waiters.front().handler);
        waiters.pop_front();
        std::move(handler)(true);
    }
    if (on_durable) {
        const auto handler = on_durable;  // a copy, because the handler may remove itself
        handler();
    }
    if (is_due()) {
        request_flush();
    } else if (batches.empty() && stall_alarm->set) {
        stall_alarm->cancel.emit(asio::cancellation_type::all);  // so that no timer is pending
                                                                 // while the writer is idle
    }
}

void JournalWriter::State::fail(JournalFailure error, std::string unwritten) {
    assert(!failure);
    failure = std::move(error);
    for (const Batch& batch : batches) {
        unwritten += batch.bytes;
    }
    batches.clear();
    if (on_failure) {
        // A copy: the handler may remove itself.
        const auto handler = std::exchange(on_failure, nullptr);
        handler(*failure);
    }
    if (on_unwritten) {
        on_unwritten(unwritten);
    }
    std::list<Waiter> notified = std::exchange(waiters, {});
    for (Waiter& waiter : notified) {
        std::move(waiter.handler)(false);
    }
}

void JournalWriter::State::set_alarm(const std::shared_ptr<Alarm>& alarm,
                                     io::Moment when,
                                     void (State::*then)()) {
    assert(!alarm->set);
    alarm->set = true;
    clock.sleep_until(when,
                      asio::bind_cancellation_slot(
                          alarm->cancel.slot(),
                          [alarm, weak = weak_from_this(), then](boost::system::error_code error) {
                              alarm->set = false;
                              const std::shared_ptr<State> state = weak.lock();
                              if (!state || state->closed) {
                                  return;
                              }
                              if (!error) {
                                  (state.get()->*then)();
                              } else if (state->flushing) {
                                  state->watch_flush();  // it was canceled while the writer was
                                                         // idle
                              }
                          }));
}

void JournalWriter::State::linger_over() {
    if (is_due()) {
        request_flush();
    } else if (!batches.empty()) {
        // The batch for which the alarm was set has already been written because of a waiter; this
        // batch is newer.
        set_alarm(linger_alarm, batches.front().begun + settings.linger_max, &State::linger_over);
    }
}

JournalWriter::JournalWriter(io::AppendFile& file,
                             JournalTail tail,
                             io::Clock& clock,
                             asio::any_io_executor main,
                             asio::any_io_executor flush,
                             JournalWriterSettings settings)
    : state_(
          std::make_shared<State>(file, tail, clock, std::move(main), std::move(flush), settings)) {
    assert(settings.batch_records_max > 0);
    assert(settings.batch_bytes_max <= kJournalBatchBytesMax);
}

JournalWriter::~JournalWriter() {
    state_->closed = true;
    state_->on_durable = nullptr;
    state_->on_failure = nullptr;
    state_->on_unwritten = nullptr;
    state_->on_stall = nullptr;
    state_->on_no_room = nullptr;
    state_->stall_alarm->cancel.emit(asio::cancellation_type::all);
    state_->linger_alarm->cancel.emit(asio::cancellation_type::all);
    state_->interval_alarm->cancel.emit(asio::cancellation_type::all);
    // Waiting coroutines never resume; Asio destroys them through their executor.
    state_->waiters.clear();
}

void JournalWriter::on_failure(std::function<void(const JournalFailure&)> handler) {
    state_->on_failure = std::move(handler);
}

void JournalWriter::on_unwritten(std::function<void(std::string_view lines)> handler) {
    state_->on_unwritten = std::move(handler);
}

void JournalWriter::on_stall(std::function<void(bool is_stalled)> handler) {
    state_->on_stall = std::move(handler);
}

void JournalWriter::on_no_room(std::function<void(std::error_code error)> handler) {
    state_->on_no_room = std::move(handler);
}

bool JournalWriter::is_stalled() const noexcept {
    return state_->stalled;
}

std::chrono::milliseconds JournalWriter::unanswered() const {
    return state_->flushing ? std::chrono::duration_cast<std::chrono::milliseconds>(
                                  state_->clock.now() - state_->flush_began)
                            : std::chrono::milliseconds(0);
}

void JournalWriter::give_up() {
    assert(state_->flushing);
    if (!state_->failure) {
        state_->fail(JournalFailure{"fdatasync", ETIMEDOUT}, state_->flushing->bytes);
    }
}

void JournalWriter::write(const JobEntry& entry) {
    if (state_->failure) {
        if (state_->on_unwritten) {
            std::string line;
            state_->encoder.append(line, state_->clock.wall_now(), entry);
            state_->on_unwritten(line);
        }
        return;
    }
    Batch& batch = state_->open_batch();
    state_->encoder.append(batch.bytes, state_->clock.wall_now(), entry);
    state_->staged(batch);
}

std::uint64_t JournalWriter::write_soon(const JobEntry& entry) {
    write(entry);
    const std::uint64_t end_sequence = state_->encoder.tail().next_sequence;
    state_->awaited(end_sequence);
    return end_sequence;
}

std::uint64_t JournalWriter::durable_end() const noexcept {
    return state_->durable_end;
}

void JournalWriter::on_durable(std::function<void()> handler) {
    state_->on_durable = std::move(handler);
}

void JournalWriter::write_end(const RunEndEntry& end) {
    if (state_->failure) {
        return;
    }
    Batch& batch = state_->open_batch();
    state_->encoder.append(batch.bytes, state_->clock.wall_now(), end);
    state_->staged(batch);
}

asio::awaitable<bool> JournalWriter::flush() {
    return state_->when_durable(state_->encoder.tail().next_sequence);
}

const std::optional<JournalFailure>& JournalWriter::failure() const noexcept {
    return state_->failure;
}

}  // namespace keyferry::engine
