#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace keyferry {

/// The KMS operations that this program knows, each with a request quota of its own per account
/// and Region. The names are KMS's, as in the X-Amz-Target header behind "TrentService.".
enum class KmsApi : std::uint8_t {
    create_key,
    describe_key,
    get_key_policy,
    list_aliases,
    list_keys,
    list_resource_tags,
    replicate_key,
};

inline constexpr std::array kKmsApis{KmsApi::create_key,
                                     KmsApi::describe_key,
                                     KmsApi::get_key_policy,
                                     KmsApi::list_aliases,
                                     KmsApi::list_keys,
                                     KmsApi::list_resource_tags,
                                     KmsApi::replicate_key};

/// "CreateKey", "DescribeKey", ...
std::string_view name_of(KmsApi api) noexcept;

/// The reverse of name_of; nothing for an operation not in the list.
std::optional<KmsApi> kms_api_named(std::string_view name) noexcept;

}  // namespace keyferry
