// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"
#include "io/names/parsed.hpp"
#include "tools/simulator/model/alias_table.hpp"
#include "tools/simulator/model/effect.hpp"
#include "tools/simulator/model/import_tokens.hpp"
#include "tools/simulator/model/import_wrapping.hpp"
#include "tools/simulator/model/key_table.hpp"
#include "tools/simulator/requests/kms_operation.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/values/duration_range.hpp"
#include "tools/simulator/values/seeded_random.hpp"

#include <boost/json/fwd.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace keyferry::simulator {

/// When a request is handled: monotonic time for what takes time, wall time for what is dated.
struct SimulatedTime {
    io::Moment now;
    io::WallTime wall;
};

struct KmsModelSettings {
    std::uint64_t seed = 1;
    /// How long a new replica stays Creating. AWS: "a few seconds", minutes at times.
    DurationRange creating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// How long a primary and its successor stay Updating. AWS: "a few seconds".
    DurationRange updating{std::chrono::seconds{2}, std::chrono::seconds{6}};
    /// Eventual consistency: for so long after a change what reads see may be as it was before. New
    /// keys and aliases are then not there yet. 0, the default, switches it off.
    DurationRange stale{std::chrono::seconds{0}, std::chrono::seconds{0}};
    /// KMS keys per account and Region, whatever their state. KMS's default is 100,000.
    std::uint64_t keys_per_region_max = 100'000;
    /// State-changing calls on one key closer together than this are throttled, whatever the quotas
    /// allow (KMS's "hot key"; its figures are not documented). 0 switches it off.
    std::chrono::nanoseconds hot_key_spacing{0};
};

/// An answer to one request, and what it changed.
template <typename Result>
struct Handled {
    std::variant<Result, KmsRefusal> answer;
    Effect effect;
};

/// How a key that is there from the start looks.
struct SeededKey {
    std::string key_spec = "SYMMETRIC_DEFAULT";  ///< must be one that KMS has
    std::optional<KeyUsage> usage;               ///< must go with the KeySpec; else its first
    KeyOrigin origin = KeyOrigin::aws_kms;
    io::KeyState state = io::KeyState::enabled;
    std::string description;
    std::string policy;  ///< empty for the default policy; not checked
    std::vector<io::Tag> tags;
    io::WallTime created{};
};

/// One key as the model holds it, for tests and reports.
struct KeyView {
    io::KeyState state = io::KeyState::other;
    io::MultiRegionKeyType type = io::MultiRegionKeyType::other;
    std::string description;
    std::string policy;  ///< the default policy's text where none was given
    std::vector<io::Tag> tags;
};

/// KMS's rules for multi-Region keys: which keys there are, their states over time, and KMS's
/// answer to each request, with its codes and texts. Deterministic: time comes in as an argument
/// and must not go back, randomness from the seed. Request quotas, faults and signatures are not
/// here.
///
/// Where KMS's behaviour is not on record, the model refuses: a replica in the primary's own Region
/// or in another partition is UnsupportedOperationException. A Region that nobody knows is taken as
/// it is, so that made-up fleets can be tried.
class KmsModel {
  public:
    explicit KmsModel(const KmsModelSettings& settings);

    /// KMS's answer to a request, after all that has come to pass by `time`. `place` is the
    /// caller's account and the Region of the endpoint that was asked. For each request that has a
    /// KmsOperation.
    template <typename Request>
    Handled<ResultOf<Request>> handle(const io::AccountRegion& place,
                                      const Request& request,
                                      const SimulatedTime& time) {
        advance_to(time);
        return answer(place, request, time);
    }

    /// Puts a multi-Region primary there; false when the account has a key of this id already, or
    /// the KeySpec is none or cannot be used so.
    bool add_primary_key(const io::KeyArn& arn, const SeededKey& seeded = {});

    /// Puts a replica of a known primary into a Region; false when the primary is unknown or the
    /// Region has a related key already. KeyState::creating stays so for the drawn time from `now`.
    bool add_replica(const io::KeyArn& primary,
                     const io::Region& region,
                     io::KeyState state = io::KeyState::enabled,
                     io::Moment now = io::Moment::min());

    // What others do to keys behind a client's back, at once and past all of KMS's checks. False
    // when there is no such key.

    /// A key in PendingDeletion goes at `deletion_date`; without one, 30 days after the first
    /// DescribeKey that sees it.
    bool set_state(const io::KeyArn& arn,
                   io::KeyState state,
                   std::optional<io::WallTime> deletion_date = std::nullopt);
    bool set_tags(const io::KeyArn& arn, const std::vector<io::Tag>& tags);
    /// An empty text stands for the default policy.
    bool set_policy(const io::KeyArn& arn, std::string_view text);
    bool set_description(const io::KeyArn& arn, std::string_view text);

    /// A name ("alias/orders") for a key of the same place. False also when the name is none or
    /// taken, or the key is elsewhere. Without a key, a name that AWS keeps for a service's.
    bool add_alias(const io::AccountRegion& place,
                   std::string_view name,
                   const std::optional<io::KeyArn>& key,
                   io::WallTime created = {});

    /// What UpdatePrimaryRegion does: the replica in `region` and the primary change roles. False
    /// also when `primary` is none or `region` has no replica of it.
    bool move_primary(const io::KeyArn& primary, const io::Region& region);

    /// The waiting period of a key is over: it is gone, its aliases too. False also for a primary
    /// that has replicas, which KMS keeps until they are gone.
    bool remove_key(const io::KeyArn& arn);

    /// All keys, aliases, rotations and what is known of imported material, as JSON. Import tokens
    /// and the pairs of wrapping keys are not part of it.
    std::string state_text(const SimulatedTime& time);

    /// Reads into an empty model what state_text() wrote. What was to pass in so long passes in so
    /// long from `time` on; what has a date keeps it. The problem's text says what is wrong; then
    /// the model has a part of it.
    std::optional<io::ParseProblem> load_state(std::string_view text, const SimulatedTime& time);

    [[nodiscard]] std::optional<KeyView> view(const io::KeyArn& arn, io::Moment now) const;

    /// From now on new replicas stay Creating for other times.
    void change_creating(const DurationRange& creating) { settings_.creating = creating; }

    [[nodiscard]] std::uint64_t keys_per_region_max() const noexcept {
        return settings_.keys_per_region_max;
    }

    /// Keys of one account and Region, in any state.
    [[nodiscard]] std::uint64_t key_count(const io::AccountRegion& place) const;

  private:
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::CreateAliasRequest& request,
                                    const SimulatedTime& time);
    Handled<io::CreateKeyResult> answer(const io::AccountRegion& place,
                                        const io::CreateKeyRequest& request,
                                        const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::DeleteAliasRequest& request,
                                    const SimulatedTime& time);
    Handled<io::DescribeKeyResult> answer(const io::AccountRegion& place,
                                          const io::DescribeKeyRequest& request,
                                          const SimulatedTime& time);
    Handled<io::GetKeyPolicyResult> answer(const io::AccountRegion& place,
                                           const io::GetKeyPolicyRequest& request,
                                           const SimulatedTime& time);
    Handled<io::ListAliasesResult> answer(const io::AccountRegion& place,
                                          const io::ListAliasesRequest& request,
                                          const SimulatedTime& time);
    Handled<io::ListKeysResult> answer(const io::AccountRegion& place,
                                       const io::ListKeysRequest& request,
                                       const SimulatedTime& time);
    Handled<io::ListResourceTagsResult> answer(const io::AccountRegion& place,
                                               const io::ListResourceTagsRequest& request,
                                               const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::PutKeyPolicyRequest& request,
                                    const SimulatedTime& time);
    Handled<io::ReplicateKeyResult> answer(const io::AccountRegion& place,
                                           const io::ReplicateKeyRequest& request,
                                           const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::TagResourceRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::UntagResourceRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::UpdateAliasRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const io::UpdateKeyDescriptionRequest& request,
                                    const SimulatedTime& time);

    Handled<KeyIdResult> answer(const io::AccountRegion& place,
                                const CancelKeyDeletionRequest& request,
                                const SimulatedTime& time);
    Handled<KeyMaterialResult> answer(const io::AccountRegion& place,
                                      const DeleteImportedKeyMaterialRequest& request,
                                      const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const DisableKeyRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const DisableKeyRotationRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const EnableKeyRequest& request,
                                    const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const EnableKeyRotationRequest& request,
                                    const SimulatedTime& time);
    Handled<GetKeyRotationStatusResult> answer(const io::AccountRegion& place,
                                               const GetKeyRotationStatusRequest& request,
                                               const SimulatedTime& time);
    Handled<GetParametersForImportResult> answer(const io::AccountRegion& place,
                                                 const GetParametersForImportRequest& request,
                                                 const SimulatedTime& time);
    Handled<KeyMaterialResult> answer(const io::AccountRegion& place,
                                      const ImportKeyMaterialRequest& request,
                                      const SimulatedTime& time);
    Handled<ListKeyPoliciesResult> answer(const io::AccountRegion& place,
                                          const ListKeyPoliciesRequest& request,
                                          const SimulatedTime& time);
    Handled<ListKeyRotationsResult> answer(const io::AccountRegion& place,
                                           const ListKeyRotationsRequest& request,
                                           const SimulatedTime& time);
    Handled<KeyIdResult> answer(const io::AccountRegion& place,
                                const RotateKeyOnDemandRequest& request,
                                const SimulatedTime& time);
    Handled<ScheduleKeyDeletionResult> answer(const io::AccountRegion& place,
                                              const ScheduleKeyDeletionRequest& request,
                                              const SimulatedTime& time);
    Handled<io::EmptyResult> answer(const io::AccountRegion& place,
                                    const UpdatePrimaryRegionRequest& request,
                                    const SimulatedTime& time);

    struct Found {
        KeySet* set;
        RegionalKey* key;
    };

    /// What reads still see of a key in one Region.
    struct Stale {
        std::optional<RegionalKey> before;  ///< nothing: that it is not there
        io::Moment until;
    };
    using KeyPlace = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t, std::uint32_t>;

    [[nodiscard]] static KeyPlace place_of(const KeySet& set, std::uint32_t region);
    /// `before` is what the key was until now; nullptr for a new one. Does nothing where eventual
    /// consistency is off.
    void hold_back(const KeySet& set,
                   std::uint32_t region,
                   const RegionalKey* before,
                   io::Moment now);
    /// What reads see of a key, if that is not what it is.
    Stale* stale_view(const KeySet& set, std::uint32_t region);
    [[nodiscard]] bool is_seen(const Alias& alias) const;

    /// Something that will happen to a key by itself.
    struct ScheduledEvent {
        std::uint32_t account;
        PackedKeyId id;
        std::uint32_t region;
    };

    /// Lets happen what is due: keys are deleted, imported material expires, keys rotate.
    void advance_to(const SimulatedTime& time);
    void advance_to(const ScheduledEvent& event, std::int64_t now_ms);
    void schedule_event(const KeySet& set, std::uint32_t region, std::int64_t at_ms);
    void delete_key(KeySet& set, std::uint32_t region, std::int64_t now_ms);
    void start_waiting_period(KeySet& set, RegionalKey& key, std::int64_t now_ms);
    void rotate_if_due(KeySet& set, std::int64_t now_ms);
    static void finish_rotation(KeyLife& life, std::int64_t now_ms);
    void expire_materials(KeySet& set, RegionalKey& key, std::int64_t now_ms);
    /// PendingImport where one of the materials that a key needs is not in its Region.
    [[nodiscard]] static io::KeyState state_by_materials(const KeySet& set,
                                                         const RegionalKey& key,
                                                         io::KeyState wanted);
    [[nodiscard]] std::optional<KmsRefusal> check_rotation(const Found& key, bool changes) const;
    std::variant<Found, KmsRefusal> key_to_import_into(const io::AccountRegion& place,
                                                       io::KmsApi api,
                                                       std::string_view key_id,
                                                       io::Moment now);
    /// The id of the material in a request, unwrapped and fit for the key.
    std::variant<std::string, KmsRefusal> imported_material(const ImportKeyMaterialRequest& request,
                                                            const Found& key,
                                                            const SimulatedTime& time);
    std::optional<KmsRefusal> add_material(const ImportKeyMaterialRequest& request,
                                           const Found& key,
                                           const std::string& id);
    /// The id of the current material of a key that KMS made itself.
    [[nodiscard]] static std::string own_material_id(const KeySet& set, std::size_t number);
    [[nodiscard]] static std::optional<std::string> current_material_id(const KeySet& set);

    std::optional<Found> known_key(const io::KeyArn& arn);

    /// `operation` is named where KMS would say that the caller may not call it on the key.
    std::variant<Found, KmsRefusal> find_key(const io::AccountRegion& place,
                                             std::string_view operation,
                                             std::string_view key_id);
    std::variant<Found, KmsRefusal> find_key_by_arn(const io::AccountRegion& place,
                                                    std::string_view operation,
                                                    std::string_view arn);
    std::variant<Found, KmsRefusal> find_key_by_alias(const io::AccountRegion& place,
                                                      std::string_view operation,
                                                      std::string_view name);
    /// The key of a call that changes it: found, in a state that allows it, and not changed just
    /// now.
    std::variant<Found, KmsRefusal> key_to_change(const io::AccountRegion& place,
                                                  io::KmsApi api,
                                                  std::string_view key_id,
                                                  io::Moment now);
    /// The answer of a call that has changed a key.
    [[nodiscard]] static Handled<io::EmptyResult> changed(const Found& key,
                                                          EffectKind kind,
                                                          const io::AccountRegion& place,
                                                          io::Moment now);
    /// The key that an alias is to name.
    std::variant<Found, KmsRefusal> alias_target(const io::AccountRegion& place,
                                                 io::KmsApi api,
                                                 std::string_view key_id,
                                                 io::Moment now);
    std::optional<KmsRefusal> check_replica(const io::AccountRegion& place,
                                            const io::ReplicateKeyRequest& request,
                                            const Found& primary,
                                            io::Moment now);
    [[nodiscard]] std::optional<KmsRefusal> check_key_quota(std::uint32_t account,
                                                            std::uint32_t region) const;
    std::variant<KeySet, KmsRefusal> new_key_set(const io::AccountRegion& place,
                                                 const io::CreateKeyRequest& request);
    template <typename Request>
    RegionalKey new_key(const Request& request, KeyOrigin origin, io::WallTime created);
    void append_aliases(std::string& text) const;
    void load_key(const boost::json::object& object, const SimulatedTime& time);
    /// Comes back to all that will happen to a key by itself.
    void expect_dues(const KeySet& set);
    /// nullptr where there are none.
    [[nodiscard]] const AliasTable* aliases_in(const io::AccountRegion& place) const;
    [[nodiscard]] std::string policy_of(const RegionalKey& key,
                                        const io::AccountRegion& place) const;
    [[nodiscard]] std::string arn_of(const KeySet& set, std::uint32_t region) const;
    /// `resource` is "key/..." or "alias/...".
    [[nodiscard]] static std::string arn_in(const io::AccountRegion& place,
                                            std::string_view resource);
    [[nodiscard]] io::KeyMetadata metadata(const KeySet& set,
                                           const RegionalKey& key,
                                           io::Moment now) const;

    KmsModelSettings settings_;
    KeyTable table_;
    std::map<io::AccountRegion, AliasTable> aliases_;
    SeededRandom key_ids_;
    SeededRandom creating_times_;
    SeededRandom stale_times_;
    io::Moment now_ = io::Moment::min();  ///< of the call that is being handled
    std::map<KeyPlace, Stale> stale_;
    std::multimap<std::int64_t, ScheduledEvent>
        scheduled_events_;  ///< by wall time, Unix epoch in milliseconds
    WrappingKeys wrapping_keys_;
    ImportTokens import_tokens_;
};

}  // namespace keyferry::simulator
