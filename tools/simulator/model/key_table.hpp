// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/key_metadata.hpp"
#include "io/names/kms_requests.hpp"
#include "tools/simulator/model/key_life.hpp"
#include "tools/simulator/requests/key_specs.hpp"
#include "tools/simulator/values/name_table.hpp"
#include "tools/simulator/values/packed_key_id.hpp"
#include "tools/simulator/values/simulated_time.hpp"
#include "tools/simulator/values/unix_time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace keyferry::simulator {

/// One key in one Region: the attributes that related keys do not share.
struct RegionalKey {
    io::Moment ready_at;  ///< until this time, the key is in passing_state
    /// The same time since the Unix epoch. Records contain it, so that it is not converted each
    /// time a key is saved or loaded.
    std::int64_t ready_ms = 0;
    /// Last state-changing call, for hot key throttling.
    io::Moment changed_at = io::Moment::min();
    std::int64_t created_ms = 0;  ///< Unix epoch, from the simulator's wall clock
    std::uint32_t region = 0;     ///< indexes into KeyTable::names() and KeyTable::texts()
    std::uint32_t description = 0;
    std::uint32_t policy = 0;  ///< 0 is the default policy
    std::uint32_t tags = 0;
    std::uint32_t deletion_s = 0;     ///< Unix epoch, for PendingDeletion; 0: date not set yet
    std::uint16_t deletion_days = 0;  ///< waiting period, if one was requested
    io::KeyState passing_state = io::KeyState::creating;  ///< Creating or Updating
    io::KeyState settled_state = io::KeyState::enabled;

    /// A key whose imported material expires while it is Updating becomes PendingImport at once,
    /// because KMS then deletes the material (KMS Developer Guide, "Key states of AWS KMS keys").
    [[nodiscard]] io::KeyState state(io::Moment now) const noexcept {
        const bool has_expired = passing_state == io::KeyState::updating &&
                                 settled_state == io::KeyState::pending_import;
        return now < ready_at && !has_expired ? passing_state : settled_state;
    }

    /// Puts the key into `state` (Creating or Updating) for a while.
    void pass_through(io::KeyState state,
                      std::chrono::nanoseconds duration,
                      const SimulatedTime& time) {
        passing_state = state;
        ready_at = time.now + duration;
        ready_ms = unix_ms(time.wall + std::chrono::ceil<std::chrono::milliseconds>(duration));
    }
};

/// A key and its related keys in other Regions: a primary and its replicas, or a single-Region key.
/// There is at most one key per Region, so a linear search is fastest.
struct KeySet {
    PackedKeyId id;
    std::uint32_t account = 0;
    std::uint32_t primary_region = 0;
    std::uint8_t spec = 0;  ///< index in key_specs()
    KeyUsage usage = KeyUsage::encrypt_decrypt;
    KeyOrigin origin = KeyOrigin::aws_kms;
    std::unique_ptr<KeyLife> life;  ///< null for most keys; created by life_of()
    std::vector<RegionalKey> keys;  ///< in order of creation

    RegionalKey* in(std::uint32_t region);
    [[nodiscard]] const RegionalKey* in(std::uint32_t region) const;

    KeyLife& life_of() {
        if (!life) {
            life = std::make_unique<KeyLife>();
        }
        return *life;
    }
};

/// The keys of all accounts and Regions, packed so that millions fit in memory: about 300 bytes for
/// a primary with three replicas. Enforces no rules.
class KeyTable {
  public:
    NameTable& names() noexcept { return names_; }  ///< Regions and accounts
    [[nodiscard]] const NameTable& names() const noexcept { return names_; }
    NameTable& texts() noexcept { return texts_; }  ///< descriptions, policies, packed tags
    [[nodiscard]] const NameTable& texts() const noexcept { return texts_; }

    /// Returns nullptr if the account has no such key in any Region.
    KeySet* find(std::uint32_t account, const PackedKeyId& id);
    [[nodiscard]] const KeySet* find(std::uint32_t account, const PackedKeyId& id) const;

    /// Whether the account has a key with this ID, or had one that was removed from all Regions.
    [[nodiscard]] bool has_had(std::uint32_t account, const PackedKeyId& id) const;

    /// Adds a set without keys. The account must not already have a set with this ID. The reference
    /// stays valid.
    KeySet& add_set(KeySet set);

    /// Adds a key in a Region in which the set has no key. The reference is valid until the next
    /// call.
    RegionalKey& add_key(KeySet& set, const RegionalKey& key);

    /// Removes a key that the set contains. find() no longer returns a set whose keys have all been
    /// removed.
    void remove_key(KeySet& set, std::uint32_t region);

    /// Replaces the keys of a set. Regions that the set already has keep their position in
    /// keys_in(). Throws std::runtime_error if a Region occurs more than once.
    void replace_keys(KeySet& set, std::span<const RegionalKey> keys);

    [[nodiscard]] std::uint64_t key_count() const noexcept { return key_count_; }

    /// All sets, oldest first, including those whose keys have all been removed.
    [[nodiscard]] const std::deque<KeySet>& sets() const noexcept { return sets_; }

    /// The keys of one account and Region, oldest first.
    [[nodiscard]] std::span<KeySet* const> keys_in(std::uint32_t account,
                                                   std::uint32_t region) const;

  private:
    /// Must be called when a set has no keys left.
    void forget(const KeySet& set);

    struct Owner {
        PackedKeyId id;
        std::uint32_t account;
        friend bool operator==(const Owner&, const Owner&) = default;
    };
    struct OwnerHash {
        std::size_t operator()(const Owner& owner) const noexcept {
            return PackedKeyIdHash{}(owner.id) ^ owner.account;
        }
    };
    [[nodiscard]] static std::uint64_t place(std::uint32_t account, std::uint32_t region) noexcept {
        return (std::uint64_t{account} << 32U) | region;
    }

    NameTable names_;
    NameTable texts_;
    std::uint64_t key_count_ = 0;
    std::deque<KeySet> sets_;  // never moves its elements
    boost::unordered_flat_map<Owner, KeySet*, OwnerHash> by_id_;
    boost::unordered_flat_set<Owner, OwnerHash> removed_;
    boost::unordered_flat_map<std::uint64_t, std::vector<KeySet*>> by_place_;
};

/// Serializes tags, so that tag lists shared by many keys are stored once.
[[nodiscard]] std::string packed_tags(std::span<const io::Tag> tags);
[[nodiscard]] std::vector<io::Tag> unpacked_tags(std::string_view packed);

}  // namespace keyferry::simulator
