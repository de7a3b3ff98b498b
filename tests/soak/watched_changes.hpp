// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "engine/journal/read/replay.hpp"
#include "io/clock/clock.hpp"
#include "io/file/memory_append_file.hpp"
#include "planner/review/replica_change.hpp"
#include "tests/engine/support/passing_client.hpp"
#include "tests/soak/contents.hpp"
#include "tests/soak/world.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace keyferry::soak {

/// Whenever a request that changes a replica is sent, checks that the previous values and the
/// `sent` record are durable in the journal, that the replica has no other change in flight, and
/// that there is a reason to send the request. Also records which changes took effect, and compares
/// them with the journal at the end.
class WatchedChanges final : public engine::PassingClient {
  public:
    /// All must outlive this. `is_clock_right` means that no clock was changed, so the program can
    /// compute how long reads may be stale.
    WatchedChanges(io::KmsClient& client,
                   io::Clock& clock,
                   World& world,
                   Contents& contents,
                   bool is_clock_right);
    ~WatchedChanges() override;

    /// Starts watching `changes`, whose journal is in `file`.
    void watch(const std::vector<planner::ReplicaChange>& changes, io::MemoryAppendFile& file);

    /// Checks the journal of these changes after the process has ended.
    void check_journal(const engine::JournalReplay& replay, io::Moment now) const;

    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> put_key_policy(
        io::AccountRegion place, io::PutKeyPolicyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> tag_resource(
        io::AccountRegion place, io::TagResourceRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> untag_resource(
        io::AccountRegion place, io::UntagResourceRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> update_key_description(
        io::AccountRegion place, io::UpdateKeyDescriptionRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> enable_key(
        io::AccountRegion place, io::EnableKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> disable_key(
        io::AccountRegion place, io::DisableKeyRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> create_alias(
        io::AccountRegion place, io::CreateAliasRequest request) override;
    boost::asio::awaitable<io::CallOutcome<io::EmptyResult>> delete_alias(
        io::AccountRegion place, io::DeleteAliasRequest request) override;

  private:
    /// The observed progress of a change.
    struct Watched {
        bool has_values = false;   ///< its `before` records are durable
        bool has_record = false;   ///< its `sent` record is durable
        bool has_success = false;  ///< KMS has confirmed the change
        std::size_t attempts = 0;
        std::size_t effects = 0;
    };

    std::optional<std::size_t> begin(io::KmsApi api,
                                     const io::AccountRegion& place,
                                     std::string_view target);
    void check_before_sending(std::size_t change);
    void end(std::optional<std::size_t> change, const io::CallOutcome<io::EmptyResult>& outcome);
    void read_durable_records();
    void note(const simulator::LedgerEntry& entry);
    [[nodiscard]] std::string problem_with(const engine::JournalReplay& replay,
                                           std::size_t change) const;

    io::Clock& clock_;
    World& world_;
    Contents& contents_;
    bool is_clock_right_;
    io::Moment started_at_;
    const std::vector<planner::ReplicaChange>* changes_ = nullptr;
    const io::MemoryAppendFile* file_ = nullptr;
    std::vector<Watched> watched_;                  ///< by change
    std::map<std::string, std::size_t> change_;     ///< by API, Region and target
    std::map<std::string, std::size_t> in_flight_;  ///< by Region and key
    std::size_t read_bytes_ = 0;                    ///< of the file
};

}  // namespace keyferry::soak
