// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "io/clock/clock.hpp"
#include "io/names/account_region.hpp"
#include "io/names/key_arn.hpp"
#include "io/names/kms_api.hpp"
#include "io/names/kms_requests.hpp"
#include "io/names/parsed.hpp"
#include "io/names/region.hpp"
#include "tools/simulator/cryptography/import_wrapping.hpp"
#include "tools/simulator/cryptography/key_in_use.hpp"
#include "tools/simulator/cryptography/material_store.hpp"
#include "tools/simulator/cryptography/openssl_failure.hpp"
#include "tools/simulator/model/alias_table.hpp"
#include "tools/simulator/model/authorization_request.hpp"
#include "tools/simulator/model/effect.hpp"
#include "tools/simulator/model/grant_table.hpp"
#include "tools/simulator/model/import_tokens.hpp"
#include "tools/simulator/model/key_table.hpp"
#include "tools/simulator/model/kms_model_settings.hpp"
#include "tools/simulator/model/model_values.hpp"
#include "tools/simulator/policy/known_principals.hpp"
#include "tools/simulator/policy/policy_evaluation.hpp"
#include "tools/simulator/requests/kms_operation.hpp"
#include "tools/simulator/requests/kms_refusal.hpp"
#include "tools/simulator/values/seeded_random.hpp"
#include "tools/simulator/values/simulated_time.hpp"

#include <boost/json/fwd.hpp>

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace keyferry::simulator {

class ObjectText;

/// Implements KMS's rules for multi-Region keys: the existing keys, their state transitions over
/// time, and the response to each request, with KMS's error codes and messages. The model is
/// deterministic: the caller passes in the time, which must not decrease, and all randomness comes
/// from the seed. Request quotas, faults and signatures are implemented elsewhere.
///
/// authorize() evaluates the key policy, grants and the caller's policies (policy/key_access.hpp).
/// A new key policy must not lock out the caller. A request without a caller is treated as if it
/// came from user/simulated, an administrator.
///
/// Where KMS's behavior is unknown, the model rejects the request. For example, a replica in the
/// primary's own Region or in another partition results in UnsupportedOperationException. Unknown
/// Region names are accepted by default, so that hypothetical fleets can be tested.
class KmsModel {
  public:
    explicit KmsModel(const KmsModelSettings& settings);

    /// Checks whether `caller` may send a request. Returns nullopt or AccessDeniedException.
    /// Requests for keys that do not exist are accepted here, and handle() reports the error.
    template <typename Request>
    std::optional<KmsRefusal> authorize(const io::AccountRegion& place,
                                        const Request& request,
                                        const SimulatedTime& time,
                                        const PolicyCaller& caller) {
        advance_to(time);
        caller_ = &caller;
        auto refusal = check_access(place, authorization_request(request), time);
        if constexpr (std::is_same_v<Request, ReEncryptRequest>) {
            if (!refusal) {
                refusal = check_access(place, source_authorization_request(request), time);
            }
        }
        caller_ = nullptr;
        return refusal;
    }

    /// Handles a request, after applying all events that are due by `time`. `place` is the caller's
    /// account and the Region of the endpoint. Supports every request type that has a KmsOperation.
    /// `caller` must belong to that account and must have been authorized. Without a caller, the
    /// request is treated as if it came from an administrator, and key policies are not evaluated.
    /// If OpenSSL fails, the response is KMSInternalException.
    template <typename Request>
    Handled<ResultOf<Request>> handle(const io::AccountRegion& place,
                                      const Request& request,
                                      const SimulatedTime& time,
                                      const PolicyCaller* caller = nullptr) {
        advance_to(time);
        caller_ = caller;
        Handled<ResultOf<Request>> handled{refusal_internal(), {}};
        try {
            handled = respond(place, request, time);
        } catch (const OpensslFailure& failure) {
            std::get<KmsRefusal>(handled.response).message = failure.what();
        }
        caller_ = nullptr;
        return handled;
    }

    /// The principals that new key policies may name.
    KnownPrincipals& principals() noexcept { return principals_; }

    /// Adds a multi-Region primary. Returns false if the account already has a key with this ID, if
    /// the key spec does not exist, or if the spec does not support the usage.
    bool add_primary_key(const io::KeyArn& arn, const SeededKey& seeded = {});

    /// Adds a replica of a primary. Returns false if the primary does not exist or if the Region
    /// already has a related key. A key added in KeyState::creating leaves that state a random time
    /// after `time`.
    bool add_replica(const io::KeyArn& primary,
                     const io::Region& region,
                     io::KeyState state = io::KeyState::enabled,
                     const SimulatedTime& time = {});

    // The following functions simulate changes that other parties make, without a request. The
    // changes take effect immediately and bypass all of KMS's checks. Each function returns false
    // if the key does not exist.

    /// A key in PendingDeletion is deleted at `deletion_date` or, if that is nullopt, 30 days after
    /// the first DescribeKey.
    bool set_state(const io::KeyArn& arn,
                   io::KeyState state,
                   std::optional<io::WallTime> deletion_date = std::nullopt);
    bool set_tags(const io::KeyArn& arn, const std::vector<io::Tag>& tags);
    /// An empty `text` selects the default policy.
    bool set_policy(const io::KeyArn& arn, std::string_view text);
    bool set_description(const io::KeyArn& arn, std::string_view text);

    /// Adds an alias ("alias/orders") for a key of the same account and Region. Also returns false
    /// if the name is invalid or in use, or if the key is in another account or Region. Without a
    /// key, adds an alias reserved for an AWS service.
    bool add_alias(const io::AccountRegion& place,
                   std::string_view name,
                   const std::optional<io::KeyArn>& key,
                   io::WallTime created = {});

    /// Has the effect of UpdatePrimaryRegion: the primary and the replica in `region` swap roles.
    /// Also returns false if `primary` is not a primary or has no replica in `region`.
    bool move_primary(const io::KeyArn& primary, const io::Region& region);

    /// Deletes a key and its aliases, as at the end of its waiting period. Also returns false for a
    /// primary with replicas, which KMS keeps until the replicas are deleted.
    bool remove_key(const io::KeyArn& arn);

    /// All keys and aliases, as one JSON document.
    std::string state_text(const SimulatedTime& time);

    // The following functions save and load the state as records. Each record is a JSON object
    // without a newline: {"key":{...}} for a key with all its Regions, rotations and the metadata
    // of imported material, {"grant":{...}}, {"last_use":{...}}, {"alias":{...}},
    // {"wrapping_key":{...}} or {"import_token":{...}}. Grants and last uses have separate records,
    // because a busy key has many of them. If there are several records for an object, the last one
    // applies. Deleted objects also have records. The records contain the private wrapping keys, so
    // that material that was wrapped before a restart can be imported. Imported material and the
    // previous states that stale reads return are not included.
    using RecordSink = std::function<void(const std::string& record)>;

    /// Saves the whole state.
    void save(const SimulatedTime& time, const RecordSink& sink);

    /// Starts recording what changes.
    void record_changes() { changes_.emplace(); }

    /// Saves what may have changed since the last save() or save_changes().
    void save_changes(const SimulatedTime& time, const RecordSink& sink);

    /// Applies a record to a model that has handled no requests. Dates in the record are used
    /// unchanged. If an error occurs, the model may be partially loaded.
    std::optional<io::ParseProblem> load_record(const boost::json::object& record,
                                                const SimulatedTime& time);

    /// Must be called after the last record has been loaded.
    void finish_loading();

    /// Whether the account has, or once had, a key with this ID in any Region.
    [[nodiscard]] bool has_had_key(const io::KeyArn& arn) const;

    [[nodiscard]] std::optional<KeyView> view(const io::KeyArn& arn, io::Moment now) const;

    /// Sets how long replicas created from now on stay in the Creating state.
    void change_creating(const DurationRange& creating) { settings_.creating = creating; }

    /// Sets how long reads are stale after each change from now on.
    void change_stale(const DurationRange& stale) { settings_.stale = stale; }

    /// Whether keys can exist in the Region.
    [[nodiscard]] bool has_region(const io::Region& region) const {
        return !settings_.known_regions_only || io::is_known_region(region);
    }

    [[nodiscard]] std::uint64_t keys_per_region_max() const noexcept {
        return settings_.keys_per_region_max;
    }

    /// Returns the key spec of the key that a request names by its ID, ARN or alias;
    /// SYMMETRIC_DEFAULT if there is no such key.
    [[nodiscard]] std::string_view key_spec(const io::AccountRegion& place,
                                            std::string_view key_id);

    /// Number of keys of one account and Region, in any state.
    [[nodiscard]] std::uint64_t key_count(const io::AccountRegion& place) const;

    /// What exists in all accounts and Regions.
    struct Counts {
        std::set<std::string> accounts;  ///< accounts and Regions with a key or an alias
        std::set<std::string> regions;
        std::uint64_t aliases = 0;
        std::uint64_t grants = 0;
    };
    [[nodiscard]] Counts counts() const;

    /// Number of keys in all accounts and Regions.
    [[nodiscard]] std::uint64_t key_count() const noexcept { return table_.key_count(); }

  private:
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::CreateAliasRequest& request,
                                     const SimulatedTime& time);
    Handled<io::CreateKeyResult> respond(const io::AccountRegion& place,
                                         const io::CreateKeyRequest& request,
                                         const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::DeleteAliasRequest& request,
                                     const SimulatedTime& time);
    Handled<io::DescribeKeyResult> respond(const io::AccountRegion& place,
                                           const io::DescribeKeyRequest& request,
                                           const SimulatedTime& time);
    Handled<io::GetKeyPolicyResult> respond(const io::AccountRegion& place,
                                            const io::GetKeyPolicyRequest& request,
                                            const SimulatedTime& time);
    Handled<io::ListAliasesResult> respond(const io::AccountRegion& place,
                                           const io::ListAliasesRequest& request,
                                           const SimulatedTime& time);
    Handled<io::ListKeysResult> respond(const io::AccountRegion& place,
                                        const io::ListKeysRequest& request,
                                        const SimulatedTime& time);
    Handled<io::ListResourceTagsResult> respond(const io::AccountRegion& place,
                                                const io::ListResourceTagsRequest& request,
                                                const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::PutKeyPolicyRequest& request,
                                     const SimulatedTime& time);
    Handled<io::ReplicateKeyResult> respond(const io::AccountRegion& place,
                                            const io::ReplicateKeyRequest& request,
                                            const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::TagResourceRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::UntagResourceRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::UpdateAliasRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::UpdateKeyDescriptionRequest& request,
                                     const SimulatedTime& time);

    Handled<KeyIdResult> respond(const io::AccountRegion& place,
                                 const CancelKeyDeletionRequest& request,
                                 const SimulatedTime& time);
    Handled<KeyMaterialResult> respond(const io::AccountRegion& place,
                                       const DeleteImportedKeyMaterialRequest& request,
                                       const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::DisableKeyRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const DisableKeyRotationRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const io::EnableKeyRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const EnableKeyRotationRequest& request,
                                     const SimulatedTime& time);
    Handled<GetKeyRotationStatusResult> respond(const io::AccountRegion& place,
                                                const GetKeyRotationStatusRequest& request,
                                                const SimulatedTime& time);
    Handled<GetParametersForImportResult> respond(const io::AccountRegion& place,
                                                  const GetParametersForImportRequest& request,
                                                  const SimulatedTime& time);
    Handled<KeyMaterialResult> respond(const io::AccountRegion& place,
                                       const ImportKeyMaterialRequest& request,
                                       const SimulatedTime& time);
    Handled<ListKeyPoliciesResult> respond(const io::AccountRegion& place,
                                           const ListKeyPoliciesRequest& request,
                                           const SimulatedTime& time);
    Handled<ListKeyRotationsResult> respond(const io::AccountRegion& place,
                                            const ListKeyRotationsRequest& request,
                                            const SimulatedTime& time);
    Handled<KeyIdResult> respond(const io::AccountRegion& place,
                                 const RotateKeyOnDemandRequest& request,
                                 const SimulatedTime& time);
    Handled<ScheduleKeyDeletionResult> respond(const io::AccountRegion& place,
                                               const ScheduleKeyDeletionRequest& request,
                                               const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const UpdatePrimaryRegionRequest& request,
                                     const SimulatedTime& time);

    Handled<CreateGrantResult> respond(const io::AccountRegion& place,
                                       const CreateGrantRequest& request,
                                       const SimulatedTime& time);
    Handled<ListGrantsResult> respond(const io::AccountRegion& place,
                                      const ListGrantsRequest& request,
                                      const SimulatedTime& time);
    Handled<ListGrantsResult> respond(const io::AccountRegion& place,
                                      const ListRetirableGrantsRequest& request,
                                      const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const RetireGrantRequest& request,
                                     const SimulatedTime& time);
    Handled<io::EmptyResult> respond(const io::AccountRegion& place,
                                     const RevokeGrantRequest& request,
                                     const SimulatedTime& time);
    // Cryptographic operations. This template handles all operations that use one key, which the
    // request names.
    template <std::derived_from<KeyUseRequest> Request>
    Handled<ResultOf<Request>> respond(const io::AccountRegion& place,
                                       const Request& request,
                                       const SimulatedTime& time);
    Handled<DecryptResult> respond(const io::AccountRegion& place,
                                   const DecryptRequest& request,
                                   const SimulatedTime& time);
    Handled<ReEncryptResult> respond(const io::AccountRegion& place,
                                     const ReEncryptRequest& request,
                                     const SimulatedTime& time);
    Handled<GenerateRandomResult> respond(const io::AccountRegion& place,
                                          const GenerateRandomRequest& request,
                                          const SimulatedTime& time);
    Handled<GetKeyLastUsageResult> respond(const io::AccountRegion& place,
                                           const GetKeyLastUsageRequest& request,
                                           const SimulatedTime& time);

    struct Found {
        KeySet* set;
        RegionalKey* key;
    };

    /// The last successful cryptographic operation with a key.
    struct LastUse {
        io::KmsApi api = io::KmsApi::encrypt;
        std::int64_t at_ms = 0;  ///< Unix epoch
    };

    // Access (kms_model_access.cpp). The functions require a caller.

    /// The part of a PolicyRequest that does not depend on a key or on the type of the request.
    [[nodiscard]] PolicyRequest policy_request_in(const io::AccountRegion& place,
                                                  std::string_view action,
                                                  std::string_view resource,
                                                  const SimulatedTime& time) const;
    void add_key_context(const KeySet& set, const RegionalKey& key, RequestContext& context) const;
    /// Adds the condition keys of DisableKey, ScheduleKeyDeletion and ReEncrypt that depend on the
    /// use of keys.
    void add_use_context(const AuthorizationRequest& authorization,
                         const Found& key,
                         const io::Region& region,
                         const SimulatedTime& time,
                         RequestContext& context);
    /// The policy with this number in KeyTable::texts(), parsed on first use.
    const PolicyDocument& policy_document(std::uint32_t text);
    std::optional<KmsRefusal> check_access(const io::AccountRegion& place,
                                           const AuthorizationRequest& authorization,
                                           const SimulatedTime& time);
    [[nodiscard]] PolicyRequest key_policy_request(const AuthorizationRequest& authorization,
                                                   const Found& key,
                                                   const io::Region& region,
                                                   const SimulatedTime& time);
    std::optional<KmsRefusal> check_key_access(const AuthorizationRequest& authorization,
                                               const Found& key,
                                               const io::Region& region,
                                               const SimulatedTime& time);
    std::optional<KmsRefusal> check_key_in(const AuthorizationRequest& authorization,
                                           std::string_view key_id,
                                           const io::AccountRegion& place,
                                           const SimulatedTime& time);
    /// Checks access to operations and resources that have no key policy.
    std::optional<KmsRefusal> check_identity(const AuthorizationRequest& authorization,
                                             const io::AccountRegion& place,
                                             std::string_view resource,
                                             const SimulatedTime& time);
    std::optional<KmsRefusal> check_alias_access(const AuthorizationRequest& authorization,
                                                 const io::AccountRegion& place,
                                                 const SimulatedTime& time);
    /// Checks the permission to call CreateKey and, if the request has tags, TagResource. `set` is
    /// the replica's key set; null for a new key.
    std::optional<KmsRefusal> check_creation(const AuthorizationRequest& authorization,
                                             const KeySet* set,
                                             const io::AccountRegion& place,
                                             const SimulatedTime& time);
    /// Checks the permissions that ReplicateKey and UpdatePrimaryRegion require in the other
    /// Region.
    std::optional<KmsRefusal> check_other_region(const AuthorizationRequest& authorization,
                                                 const io::AccountRegion& place,
                                                 const SimulatedTime& time);

    /// A policy that a request sets on a key.
    struct NewPolicy {
        std::string_view text;
        bool is_lockout_allowed = false;
        std::string arn;  ///< key ARN; ends with "key/*" if the ID is not known yet
        const KeySet* set = nullptr;
        bool is_primary = true;
        std::vector<io::Tag> tags;  ///< the key's tags
    };
    /// Checks KMS's rules for new key policies. Does not require a caller. `place` is the account
    /// and Region of the key.
    std::optional<KmsRefusal> check_new_policy(const NewPolicy& policy,
                                               const io::AccountRegion& place,
                                               const SimulatedTime& time);

    /// The previous state of a key in one Region, for reads that are still stale.
    struct Stale {
        std::optional<RegionalKey> before;  ///< nullopt: the key did not exist
        io::Moment until;
    };
    using KeyLocation = GrantTable::Key;

    // Grants (kms_model_grants.cpp).
    std::optional<KmsRefusal> check_new_grant(const CreateGrantRequest& request, const Found& key);
    [[nodiscard]] GrantListEntry grant_entry(const Grant& grant, std::string key_arn) const;
    [[nodiscard]] std::string key_arn_at(const KeyLocation& location) const;
    struct FoundGrant {
        Found key;
        const Grant* grant;
    };
    std::variant<FoundGrant, KmsRefusal> find_grant(const io::AccountRegion& place,
                                                    std::string_view operation,
                                                    std::string_view key_id,
                                                    std::string_view grant_id);
    /// Checks whether the caller may retire the grant: the grant permits it and no policy denies
    /// it, or policies allow it.
    std::optional<KmsRefusal> check_retirement(const AuthorizationRequest& authorization,
                                               const FoundGrant& found,
                                               const io::AccountRegion& place,
                                               const SimulatedTime& time);
    /// Removes a grant: the last step of RetireGrant and RevokeGrant.
    Handled<io::EmptyResult> end_grant(const FoundGrant& found,
                                       bool is_dry_run,
                                       const io::AccountRegion& place);

    [[nodiscard]] static KeyLocation location_of(const KeySet& set, std::uint32_t region);
    /// Makes reads return `before`, the state before the current change (nullptr for a new key),
    /// for a random time. Does nothing if eventual consistency is disabled.
    void record_stale(const KeySet& set,
                      std::uint32_t region,
                      const RegionalKey* before,
                      io::Moment now);
    /// The stale state that reads return for a key; nullptr if reads are up to date.
    Stale* stale_view(const KeySet& set, std::uint32_t region);
    [[nodiscard]] bool is_visible(const Alias& alias) const;

    /// A key for which a state transition is scheduled.
    struct ScheduledEvent {
        std::uint32_t account;
        PackedKeyId id;
        std::uint32_t region;
    };

    /// Applies all transitions that are due: deletes keys, expires imported material, rotates keys.
    void advance_to(const SimulatedTime& time);
    void advance_to(const ScheduledEvent& event, std::int64_t now_ms);
    void schedule_event(const KeySet& set, std::uint32_t region, std::int64_t at_ms);
    /// Deletes a key, its aliases, grants and last use. If only the primary remains and its
    /// deletion is scheduled, its waiting period starts.
    void delete_key(KeySet& set, std::uint32_t region);
    void start_waiting_period(KeySet& set, RegionalKey& key, std::int64_t now_ms);
    /// Sets the deletion date of a key that was put into PendingDeletion without one, and schedules
    /// the deletion.
    void set_missing_deletion_date(const Found& key, const SimulatedTime& time);
    void rotate_if_due(KeySet& set, std::int64_t now_ms);
    static void finish_rotation(KeyLife& life, std::int64_t now_ms);
    void expire_materials(KeySet& set, RegionalKey& key, std::int64_t now_ms);
    /// Removes the imported material from one Region.
    void remove_import(KeySet& set, const std::string& material_id, std::uint32_t region);
    /// Updates whether the material that is pending rotation is imported into all related keys.
    static void update_pending_material(KeySet& set);
    /// Returns PendingImport if a material that the key needs is not imported in its Region,
    /// otherwise `wanted`.
    [[nodiscard]] static io::KeyState state_by_materials(const KeySet& set,
                                                         const RegionalKey& key,
                                                         io::KeyState wanted);
    [[nodiscard]] std::optional<KmsRefusal> check_rotation(const Found& key, bool changes) const;
    std::variant<Found, KmsRefusal> key_to_import_into(const io::AccountRegion& place,
                                                       io::KmsApi api,
                                                       std::string_view key_id,
                                                       io::Moment now);
    /// Unwraps the material in a request and checks that it is valid for the key.
    std::variant<io::Secret, KmsRefusal> imported_material(const ImportKeyMaterialRequest& request,
                                                           const Found& key,
                                                           const SimulatedTime& time);
    std::optional<KmsRefusal> add_material(const ImportKeyMaterialRequest& request,
                                           const Found& key,
                                           const std::string& id);
    /// Returns the key if `api` may use it in its state. The result contains the ID of its current
    /// material, but not the material itself.
    std::variant<KeyInUse, KmsRefusal> usable_key(const Found& key,
                                                  io::KmsApi api,
                                                  const SimulatedTime& time);
    /// Loads the material with the ID in `in_use`. Imported material may be missing after a restart
    /// (KMSInvalidStateException).
    std::optional<KmsRefusal> load_material(const KeySet& set, KeyInUse& in_use);
    /// Returns the key for decryption, with the material that encrypted the ciphertext. If the
    /// request does not name a key, the ciphertext identifies it.
    std::variant<Found, KmsRefusal> key_of_ciphertext(const io::AccountRegion& place,
                                                      io::KmsApi api,
                                                      const DecryptRequest& request);
    std::variant<std::pair<Found, DecryptResult>, KmsRefusal> decrypt(
        const io::AccountRegion& place,
        io::KmsApi api,
        const DecryptRequest& request,
        const SimulatedTime& time);
    void record_use(const Found& key, io::KmsApi api, const SimulatedTime& time);
    /// Removes the last use of a deleted key, and its imported material if no related key remains.
    void forget_uses(const KeySet& set, std::uint32_t region);
    /// The ID of the key material with this number of a key with origin AWS_KMS.
    [[nodiscard]] static std::string own_material_id(const KeySet& set, std::size_t number);
    [[nodiscard]] static std::optional<std::string> current_material_id(const KeySet& set);

    std::optional<Found> known_key(const io::KeyArn& arn);

    /// `operation` appears in the AccessDeniedException message that KMS returns for some unknown
    /// keys.
    std::variant<Found, KmsRefusal> find_key(const io::AccountRegion& place,
                                             std::string_view operation,
                                             std::string_view key_id);
    std::variant<Found, KmsRefusal> find_key_by_arn(const io::AccountRegion& place,
                                                    std::string_view operation,
                                                    std::string_view arn);
    /// Finds a key of another account if the operation supports cross-account use. Does not check
    /// the caller's access.
    std::variant<Found, KmsRefusal> find_shared_key(const io::AccountRegion& place,
                                                    std::string_view operation,
                                                    std::string_view arn);
    std::variant<Found, KmsRefusal> find_key_by_alias(const io::AccountRegion& place,
                                                      std::string_view operation,
                                                      std::string_view name);
    /// Finds the key of a state-changing call, and checks its state and the hot key limit.
    std::variant<Found, KmsRefusal> key_to_change(const io::AccountRegion& place,
                                                  io::KmsApi api,
                                                  std::string_view key_id,
                                                  io::Moment now);
    /// The response to a call that has changed a key.
    [[nodiscard]] static Handled<io::EmptyResult> changed(const Found& key,
                                                          EffectKind kind,
                                                          const io::AccountRegion& place,
                                                          io::Moment now);
    /// Finds the key that an alias will point to.
    std::variant<Found, KmsRefusal> alias_target(const io::AccountRegion& place,
                                                 io::KmsApi api,
                                                 std::string_view key_id,
                                                 io::Moment now);
    std::optional<KmsRefusal> check_replica(const io::AccountRegion& place,
                                            const io::ReplicateKeyRequest& request,
                                            const Found& primary,
                                            const SimulatedTime& time);
    [[nodiscard]] std::optional<KmsRefusal> check_key_quota(std::uint32_t account,
                                                            std::uint32_t region) const;
    std::variant<KeySet, KmsRefusal> new_key_set(const io::AccountRegion& place,
                                                 const io::CreateKeyRequest& request);
    template <typename Request>
    RegionalKey new_key(const Request& request, KeyOrigin origin, io::WallTime created);

    // Records (kms_model_saving.cpp, kms_model_loading.cpp).

    struct RegionOfKey {
        const KeySet* set;  ///< KeyTable never moves its sets
        std::uint32_t region;
    };
    /// What the next save_changes() saves; may contain duplicates.
    struct Changes {
        std::vector<const KeySet*> keys;
        std::vector<std::pair<RegionOfKey, std::string>> grants;  ///< keys and grant IDs
        std::vector<RegionOfKey> uses;
        std::vector<std::pair<io::AccountRegion, std::string>> aliases;
        std::vector<std::string> wrapping_keys;  ///< their specs
        std::vector<ImportToken> import_tokens;
    };
    void note_change(KeySet& set);
    void note_change(const io::AccountRegion& place, std::string_view alias);
    void note_grant_change(const Found& key, std::string_view grant_id);
    void note_use(const Found& key);
    void append_key(const KeySet& set, const SimulatedTime& time, ObjectText& key) const;
    void append_place(const RegionOfKey& key, ObjectText& object) const;
    /// Appends "grants" or "last_uses" to a key in state_text(), if the key has any.
    void append_grants(const KeySet& set, ObjectText& key) const;
    void append_uses(const KeySet& set, ObjectText& key) const;
    void save_key(const KeySet& set, const SimulatedTime& time, const RecordSink& sink) const;
    /// `grant` is nullptr if the grant has ended.
    void save_grant(const RegionOfKey& key,
                    std::string_view id,
                    const Grant* grant,
                    const RecordSink& sink) const;
    void save_use(const RegionOfKey& key, const RecordSink& sink) const;
    void save_wrapping_key(std::string_view spec, const RecordSink& sink) const;
    void save_import_token(const ImportToken& token, const RecordSink& sink) const;
    void load_key(const boost::json::object& object, const SimulatedTime& time);
    void load_alias(const boost::json::object& object);
    void load_grant(const boost::json::object& object);
    void load_use(const boost::json::object& object);
    void load_wrapping_key(const boost::json::object& object);
    void load_import_token(const boost::json::object& object);
    /// The key that a record describes; nullopt if it does not exist.
    [[nodiscard]] std::optional<KeyLocation> location_in(const boost::json::object& object) const;

    /// Schedules all future state transitions of a key.
    void schedule_events(const KeySet& set);
    /// Returns nullptr if there are no aliases.
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
    GrantTable grants_;
    KnownPrincipals principals_;
    /// The caller of the current request. Null: an administrator (see the class comment).
    const PolicyCaller* caller_ = nullptr;
    /// Parsed policies by their number in KeyTable::texts(). Pointers to the documents stay valid.
    boost::unordered_flat_map<std::uint32_t, std::unique_ptr<PolicyDocument>> policies_;
    SeededRandom key_ids_;
    SeededRandom grant_ids_;
    SeededRandom creating_times_;
    SeededRandom stale_times_;
    io::Moment now_ = io::Moment::min();  ///< time of the current request
    std::int64_t now_ms_ = 0;             ///< the same time, or that of the event being applied
    std::map<KeyLocation, Stale> stale_;
    /// The key is the wall time in milliseconds since the Unix epoch.
    std::multimap<std::int64_t, ScheduledEvent> scheduled_events_;
    std::optional<Changes> changes_;  ///< nullopt: not recorded
    WrappingKeys wrapping_keys_;
    MaterialStore materials_;
    std::map<KeyLocation, LastUse> last_uses_;
    ImportTokens import_tokens_;
};

}  // namespace keyferry::simulator
