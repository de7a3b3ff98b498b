// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/file/append_file.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace keyferry::io {

/// The operations of AppendFile, for selecting which of them fail.
enum class FileOperation : std::uint8_t { append, sync, read, truncate, rewrite, reserve, size };
inline constexpr std::size_t kFileOperations = 7;

/// An in-memory AppendFile, for simulated runs and for fault injection in tests. It tracks written
/// and synced data separately, so that it can simulate the loss of unsynced data. Any operation can
/// be made to fail. Not thread-safe.
class MemoryAppendFile final : public AppendFile {
  public:
    /// How long an injected failure lasts: a transient fault, or a failed disk.
    enum class Lasting : std::uint8_t { once, permanent };

    MemoryAppendFile() = default;
    /// Creates a file whose initial content is durable.
    explicit MemoryAppendFile(std::string content);

    /// Makes a later operation fail with `error_number`: the `nth` one, of any kind, where 1 is the
    /// next operation. A failing append writes half of its bytes, as on a full disk.
    void fail_nth(std::uint64_t nth, int error_number, Lasting lasting);
    /// Like the function above, but counts and fails only operations of kind `kind`.
    void fail_nth(FileOperation kind, std::uint64_t nth, int error_number, Lasting lasting);
    void stop_failing() noexcept;

    /// Simulates a power loss: discards unsynced data except for its first `unsynced_bytes_kept`
    /// bytes.
    void crash(std::size_t unsynced_bytes_kept = 0);

    /// Sets a function that is called at the start of every sync() to simulate activity while the
    /// disk is busy.
    void while_syncing(std::function<void()> action) { while_syncing_ = std::move(action); }

    /// Limits the bytes that can be stored or reserved; beyond the limit, operations fail with
    /// ENOSPC.
    void limit_size(std::uint64_t bytes_max) noexcept { bytes_max_ = bytes_max; }

    [[nodiscard]] const std::string& content() const noexcept { return content_; }
    /// The content that would be guaranteed to survive a crash.
    [[nodiscard]] const std::string& durable_content() const noexcept { return durable_; }
    [[nodiscard]] std::uint64_t count(FileOperation kind) const noexcept;
    /// The number of operations so far, of all kinds.
    [[nodiscard]] std::uint64_t operations() const noexcept { return operations_; }

    std::error_code append(std::string_view bytes) override;
    std::error_code sync() override;
    std::error_code read(std::uint64_t offset, std::span<char> into, std::size_t& got) override;
    std::error_code truncate(std::uint64_t size) override;
    std::error_code rewrite(std::uint64_t offset, std::string_view bytes) override;
    std::error_code reserve(std::uint64_t bytes) override;
    std::error_code free_space(std::uint64_t& bytes) override;
    std::error_code size(std::uint64_t& size) override;

  private:
    struct PlannedFailure {
        bool armed = false;
        bool any_kind = true;
        FileOperation kind = FileOperation::append;
        std::uint64_t operations_before = 0;
        int error_number = 0;
        Lasting lasting = Lasting::once;
    };

    std::error_code begin(FileOperation kind);

    std::string content_;
    std::string durable_;
    std::size_t changed_from_ = 0;  ///< bytes before this offset are equal in content_ and durable_
    std::uint64_t bytes_max_ = std::numeric_limits<std::uint64_t>::max();
    PlannedFailure failure_;
    std::array<std::uint64_t, kFileOperations> counts_{};
    std::uint64_t operations_ = 0;
    std::function<void()> while_syncing_;
};

}  // namespace keyferry::io
