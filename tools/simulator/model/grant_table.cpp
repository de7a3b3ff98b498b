// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/model/grant_table.hpp"

#include <algorithm>
#include <array>

namespace keyferry::simulator {

namespace {

bool has(const std::vector<std::string>& operations, std::string_view operation) {
    return std::find(operations.begin(), operations.end(), operation) != operations.end();
}

/// The operations whose requests have an encryption context.
bool has_encryption_context(std::string_view operation) {
    constexpr std::array<std::string_view, 8> kOperations{"Decrypt",
                                                          "Encrypt",
                                                          "GenerateDataKey",
                                                          "GenerateDataKeyPair",
                                                          "GenerateDataKeyPairWithoutPlaintext",
                                                          "GenerateDataKeyWithoutPlaintext",
                                                          "ReEncryptFrom",
                                                          "ReEncryptTo"};
    return std::find(kOperations.begin(), kOperations.end(), operation) != kOperations.end();
}

bool meets_constraints(const GrantConstraints& constraints, const RequestContext& context) {
    const auto contains = [&](const EncryptionContext& pairs) {
        return std::all_of(pairs.begin(), pairs.end(), [&](const auto& pair) {
            const auto* values =
                context.find(io::lower_case("kms:EncryptionContext:" + pair.first));
            return values != nullptr && values->size() == 1 && values->front() == pair.second;
        });
    };
    if (constraints.subset && !contains(*constraints.subset)) {
        return false;
    }
    if (!constraints.equals) {
        return true;
    }
    const auto* keys = context.find("kms:encryptioncontextkeys");
    const std::size_t count = keys != nullptr ? keys->size() : 0;
    return count == constraints.equals->size() && contains(*constraints.equals);
}

bool is_caller(const std::optional<std::string>& principal, const PolicyRequest& request) {
    return principal && (*principal == request.caller_arn || *principal == request.principal_arn);
}

}  // namespace

const Grant* GrantTable::find(const Key& key, std::string_view id) const {
    const std::vector<Grant>* grants = of(key);
    if (grants == nullptr) {
        return nullptr;
    }
    const auto found = std::find_if(
        grants->begin(), grants->end(), [&](const Grant& grant) { return grant.id == id; });
    return found == grants->end() ? nullptr : &*found;
}

bool GrantTable::remove(const Key& key, std::string_view id) {
    const auto found = grants_.find(key);
    return found != grants_.end() &&
           std::erase_if(found->second, [&](const Grant& grant) { return grant.id == id; }) > 0;
}

bool allows(const Grant& grant, const PolicyRequest& request) {
    constexpr std::string_view kService = "kms:";
    const std::string_view operation = std::string_view(request.action).substr(kService.size());
    if (!has(grant.operations, operation) || !is_caller(grant.grantee, request)) {
        return false;
    }
    if (operation == "CreateGrant") {
        const auto* wanted = request.context.find("kms:grantoperations");
        return wanted != nullptr &&
               std::all_of(wanted->begin(), wanted->end(), [&](const std::string& each) {
                   return has(grant.operations, each);
               });
    }
    return !has_encryption_context(operation) ||
           meets_constraints(grant.constraints, request.context);
}

bool may_retire(const Grant& grant, const PolicyRequest& request) {
    return is_caller(grant.retiring, request) ||
           (has(grant.operations, "RetireGrant") && is_caller(grant.grantee, request));
}

}  // namespace keyferry::simulator
