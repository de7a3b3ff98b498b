// SPDX-License-Identifier: Apache-2.0
// Bodies of the grant operations.
#include "tools/simulator/requests/grant_requests.hpp"
#include "tools/simulator/values/json_object.hpp"
#include "tools/simulator/wire/json_request.hpp"

#include <utility>

namespace keyferry::simulator {

static CreateGrantRequest read(MemberReader& members, As<CreateGrantRequest> /*as*/) {
    CreateGrantRequest request(members.read_required("KeyId", "keyId"));
    members.read("GranteePrincipal", request.grantee_principal);
    members.read("GranteeServicePrincipal", request.grantee_service_principal);
    members.read("RetiringPrincipal", request.retiring_principal);
    members.read("RetiringServicePrincipal", request.retiring_service_principal);
    request.operations = members.read_required_texts("Operations", "operations");
    members.read_object("Constraints", [&](MemberReader& constraints) {
        constraints.read("EncryptionContextSubset", request.constraints.subset);
        constraints.read("EncryptionContextEquals", request.constraints.equals);
        constraints.read("SourceArn", request.constraints.source_arn);
    });
    members.read("Name", request.name);
    members.check_grant_tokens();
    members.read("DryRun", request.dry_run);
    return request;
}

static ListGrantsRequest read(MemberReader& members, As<ListGrantsRequest> /*as*/) {
    ListGrantsRequest request(members.read_required("KeyId", "keyId"));
    members.read("GrantId", request.grant_id);
    members.read("GranteePrincipal", request.grantee_principal);
    members.read("GranteeServicePrincipal", request.grantee_service_principal);
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static ListRetirableGrantsRequest read(MemberReader& members,
                                       As<ListRetirableGrantsRequest> /*as*/) {
    ListRetirableGrantsRequest request;
    members.read("RetiringPrincipal", request.retiring_principal);
    members.read("RetiringServicePrincipal", request.retiring_service_principal);
    members.read("Limit", request.limit);
    members.read("Marker", request.marker);
    return request;
}

static RetireGrantRequest read(MemberReader& members, As<RetireGrantRequest> /*as*/) {
    RetireGrantRequest request;
    members.read("GrantToken", request.grant_token);
    members.read("KeyId", request.key_id);
    members.read("GrantId", request.grant_id);
    members.read("DryRun", request.dry_run);
    return request;
}

static RevokeGrantRequest read(MemberReader& members, As<RevokeGrantRequest> /*as*/) {
    RevokeGrantRequest request(members.read_required("KeyId", "keyId"));
    request.grant_id = members.read_required("GrantId", "grantId");
    members.read("DryRun", request.dry_run);
    return request;
}

template DecodedRequest<CreateGrantRequest> decode_request(std::string_view body);
template DecodedRequest<ListGrantsRequest> decode_request(std::string_view body);
template DecodedRequest<ListRetirableGrantsRequest> decode_request(std::string_view body);
template DecodedRequest<RetireGrantRequest> decode_request(std::string_view body);
template DecodedRequest<RevokeGrantRequest> decode_request(std::string_view body);

namespace {

void append_encryption_context(std::string_view name,
                               const std::optional<EncryptionContext>& pairs,
                               ObjectText& object) {
    if (!pairs) {
        return;
    }
    std::string& json = object.member(name);
    char before = '{';
    for (const auto& [key, value] : *pairs) {
        json.push_back(before);
        io::append_json_string(key, json);
        json.push_back(':');
        io::append_json_string(value, json);
        before = ',';
    }
    json.append(before == '{' ? "{}" : "}");
}

void append_grant(const GrantListEntry& entry, std::string& json) {
    ObjectText object(json);
    object.text("KeyId", std::string_view(entry.key_id));
    object.text("GrantId", std::string_view(entry.grant_id));
    object.text("Name", std::string_view(entry.name.value_or("")));  // KMS also writes ""
    object.date("CreationDate", entry.creation_date_s);
    object.text("GranteePrincipal", entry.grantee_principal);
    object.text("GranteeServicePrincipal", entry.grantee_service_principal);
    object.text("RetiringPrincipal", entry.retiring_principal);
    object.text("RetiringServicePrincipal", entry.retiring_service_principal);
    object.text("IssuingAccount", std::string_view(entry.issuing_account));
    object.list("Operations", entry.operations, io::append_json_string);
    if (entry.constraints != GrantConstraints()) {
        ObjectText constraints(object.member("Constraints"));
        append_encryption_context("EncryptionContextSubset", entry.constraints.subset, constraints);
        append_encryption_context("EncryptionContextEquals", entry.constraints.equals, constraints);
        constraints.text("SourceArn", entry.constraints.source_arn);
        constraints.close();
    }
    object.close();
}

}  // namespace

void append_body(const CreateGrantResult& result, std::string& body) {
    ObjectText object(body);
    object.text("GrantId", std::string_view(result.grant_id));
    object.text("GrantToken", std::string_view(result.grant_token));
    object.close();
}

void append_body(const ListGrantsResult& result, std::string& body) {
    ObjectText object(body);
    object.list("Grants", result.grants, append_grant);
    object.text("NextMarker", result.next_marker);
    object.flag("Truncated", result.truncated);
    object.close();
}

}  // namespace keyferry::simulator
