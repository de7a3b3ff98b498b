// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keyferry::io {

/// The KMS operations that keyferry or its simulator supports. Each has its own request quota per
/// account and Region. The operations that keyferry itself calls are in io/kms. The names are KMS's
/// own, as they appear after "TrentService." in the X-Amz-Target header.
enum class KmsApi : std::uint8_t {
    cancel_key_deletion,
    create_alias,
    create_grant,
    create_key,
    decrypt,
    delete_alias,
    delete_imported_key_material,
    derive_shared_secret,
    describe_key,
    disable_key,
    disable_key_rotation,
    enable_key,
    enable_key_rotation,
    encrypt,
    generate_data_key,
    generate_data_key_pair,
    generate_data_key_pair_without_plaintext,
    generate_data_key_without_plaintext,
    generate_mac,
    generate_random,
    get_key_last_usage,
    get_key_policy,
    get_key_rotation_status,
    get_parameters_for_import,
    get_public_key,
    import_key_material,
    list_aliases,
    list_grants,
    list_key_policies,
    list_key_rotations,
    list_keys,
    list_resource_tags,
    list_retirable_grants,
    put_key_policy,
    re_encrypt,
    replicate_key,
    retire_grant,
    revoke_grant,
    rotate_key_on_demand,
    schedule_key_deletion,
    sign,
    tag_resource,
    untag_resource,
    update_alias,
    update_key_description,
    update_primary_region,
    verify,
    verify_mac,
};

/// The number of operations. They are numbered from 0, in alphabetical order.
inline constexpr std::size_t kKmsApiCount = static_cast<std::size_t>(KmsApi::verify_mac) + 1;

/// All operations.
inline constexpr std::array kKmsApis = [] {
    std::array<KmsApi, kKmsApiCount> all{};
    for (std::size_t i = 0; i < all.size(); ++i) {
        all[i] = static_cast<KmsApi>(i);
    }
    return all;
}();

/// "CreateKey", "DescribeKey", ...
[[nodiscard]] std::string_view name_of(KmsApi api) noexcept;

/// The inverse of name_of(); nullopt for unknown operations.
[[nodiscard]] std::optional<KmsApi> kms_api_named(std::string_view name) noexcept;

}  // namespace keyferry::io
