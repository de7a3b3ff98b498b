// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/write/job_journal.hpp"
#include "io/clock/clock.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

namespace keyferry::engine {

/// Holds each call back until its `sent` record is durable. As a result, no request is ever sent
/// without a record that survives a crash. Calls that are waiting for the disk are entries in a
/// queue and not coroutines, because there may be hundreds of them.
///
/// All functions must be called on the thread of `executor`.
template <typename Call>
class WriteBarrier {
  public:
    struct Handlers {
        /// Sends the call. Its record is durable.
        std::function<void(Call)> send;
        /// Called for each held call after `stop` has returned. Because the journal has failed, the
        /// record might not be durable, so the call must not be sent.
        std::function<void(const Call&)> drop;
        /// Called when the journal has failed. No more calls may be started.
        std::function<void()> stop;
        /// Sets the lead: from now on, calls should be started this long before they may be sent.
        std::function<void(std::chrono::milliseconds)> set_lead;
    };

    /// `journal` and `clock` must outlive this object. The barrier sets the handlers of `journal`,
    /// which must not have any.
    WriteBarrier(JobJournal& journal,
                 io::Clock& clock,
                 boost::asio::any_io_executor executor,
                 Handlers handlers)
        : journal_(journal),
          clock_(clock),
          executor_(std::move(executor)),
          handlers_(std::move(handlers)) {
        handlers_.set_lead(kLeadMin);
        journal_.on_failure([this](const JournalFailure&) {
            handlers_.stop();
            drop_held();
        });
        journal_.on_durable([this] { send_recorded(); });
    }

    ~WriteBarrier() {
        journal_.on_failure(nullptr);
        journal_.on_durable(nullptr);
    }

    WriteBarrier(const WriteBarrier&) = delete;
    WriteBarrier& operator=(const WriteBarrier&) = delete;

    /// Writes the record `sent` and holds `call` back until the record is durable. Calls are sent
    /// in the order in which they were passed to hold(). Calls may be sent before this function
    /// returns.
    void hold(const JobEntry& sent, Call call) {
        const io::Moment written_at = clock_.now();
        const std::uint64_t durable_end = journal_.write_soon(sent);
        held_.push_back(Held{std::move(call), written_at, durable_end});
        send_recorded();
    }

  private:
    /// The lead is the time that a sync takes plus kLeadMin, but at most kLeadMax.
    static constexpr std::chrono::milliseconds kLeadMin{10};
    static constexpr std::chrono::milliseconds kLeadMax{2000};

    struct Held {
        Call call;
        io::Moment written_at;
        std::uint64_t durable_end;  ///< the record is durable when JobJournal::durable_end() has
                                    ///< reached this
    };

    void send_recorded() {
        while (!held_.empty() && held_.front().durable_end <= journal_.durable_end()) {
            Held held = std::move(held_.front());
            held_.pop_front();
            follow_sync_time(clock_.now() - held.written_at);
            handlers_.send(std::move(held.call));
        }
    }

    /// Adapts the lead to the time that a record takes to become durable: immediately when the disk
    /// becomes slower, and gradually when it becomes faster. Otherwise, calls that are delayed by
    /// the disk would lose their slots and tokens, and a disk that takes 150 ms per sync would
    /// halve the call rate (bench/outages.py --only slow_disk).
    void follow_sync_time(io::Moment::duration sync_time) {
        constexpr int kMemory = 16;  // records
        const auto latest = std::chrono::ceil<std::chrono::milliseconds>(sync_time);
        sync_time_ = std::max(latest, (sync_time_ * (kMemory - 1) + latest) / kMemory);
        handlers_.set_lead(std::clamp(sync_time_ + kLeadMin, kLeadMin, kLeadMax));
    }

    /// Drops all held calls. The work is posted, because the journal reports failures from within
    /// its write functions.
    void drop_held() {
        const std::weak_ptr<const char> alive = alive_;
        boost::asio::post(executor_, [this, alive] {
            if (alive.expired()) {
                return;
            }
            for (const Held& held : std::exchange(held_, {})) {
                handlers_.drop(held.call);
            }
        });
    }

    JobJournal& journal_;
    io::Clock& clock_;
    boost::asio::any_io_executor executor_;
    Handlers handlers_;
    std::deque<Held> held_;  ///< by durable_end
    std::chrono::milliseconds sync_time_{0};
    /// Expires with this object, because posted functions may run later.
    std::shared_ptr<const char> alive_ = std::make_shared<const char>('a');
};

}  // namespace keyferry::engine
