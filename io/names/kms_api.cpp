#include "io/names/kms_api.hpp"

#include <cassert>

namespace keyferry {

std::string_view name_of(KmsApi api) noexcept {
    switch (api) {
        case KmsApi::create_key:
            return "CreateKey";
        case KmsApi::describe_key:
            return "DescribeKey";
        case KmsApi::get_key_policy:
            return "GetKeyPolicy";
        case KmsApi::list_aliases:
            return "ListAliases";
        case KmsApi::list_keys:
            return "ListKeys";
        case KmsApi::list_resource_tags:
            return "ListResourceTags";
        case KmsApi::replicate_key:
            return "ReplicateKey";
    }
    assert(false && "a KmsApi outside its enumerators");
    return {};
}

std::optional<KmsApi> kms_api_named(std::string_view name) noexcept {
    for (const KmsApi api : kKmsApis) {
        if (name_of(api) == name) {
            return api;
        }
    }
    return std::nullopt;
}

}  // namespace keyferry
