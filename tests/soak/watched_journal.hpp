// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/write/job_journal.hpp"
#include "tests/soak/world.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

namespace keyferry::soak {

/// Passes everything on. Tells the World which requests were recorded without the difference
/// between KMS's clock and this machine's clock. A crash may lose later records of the same job,
/// but not the first one, which is durable before anything is sent.
class WatchedJournal final : public engine::JobJournal {
  public:
    /// Both must outlive this.
    WatchedJournal(engine::JobJournal& journal, World& world) : journal_(journal), world_(world) {}

    void on_failure(std::function<void(const engine::JournalFailure&)> handler) override {
        journal_.on_failure(std::move(handler));
    }
    void write(const engine::JobEntry& entry) override {
        note(entry);
        journal_.write(entry);
    }
    std::uint64_t write_soon(const engine::JobEntry& entry) override {
        note(entry);
        return journal_.write_soon(entry);
    }
    [[nodiscard]] std::uint64_t durable_end() const noexcept override {
        return journal_.durable_end();
    }
    void on_durable(std::function<void()> handler) override {
        journal_.on_durable(std::move(handler));
    }
    void write_end(const engine::RunEndEntry& end) override { journal_.write_end(end); }
    boost::asio::awaitable<bool> flush() override { return journal_.flush(); }
    [[nodiscard]] const std::optional<engine::JournalFailure>& failure() const noexcept override {
        return journal_.failure();
    }
    [[nodiscard]] bool is_stalled() const noexcept override { return journal_.is_stalled(); }

  private:
    void note(const engine::JobEntry& entry) {
        if (entry.event == engine::JournalEvent::sent && !entry.kms_clock_ahead) {
            world_.note_unmeasured(entry.job);
        }
    }

    engine::JobJournal& journal_;
    World& world_;
};

}  // namespace keyferry::soak
