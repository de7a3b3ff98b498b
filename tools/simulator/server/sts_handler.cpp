// SPDX-License-Identifier: Apache-2.0
#include "tools/simulator/server/sts_handler.hpp"

#include "tools/simulator/policy/key_access.hpp"
#include "tools/simulator/requests/validation_findings.hpp"
#include "tools/simulator/server/plain_response.hpp"
#include "tools/simulator/server/web_identity_token.hpp"
#include "tools/simulator/values/form_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <utility>

namespace keyferry::simulator {

namespace {

constexpr int kForbidden = 403;
constexpr std::string_view kNamespace = "https://sts.amazonaws.com/doc/2011-06-15/";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string parameter(const std::map<std::string, std::string, std::less<>>& parameters,
                      std::string_view name) {
    const auto known = parameters.find(name);
    return known == parameters.end() ? std::string() : known->second;
}

/// Returns STS's error code; its protocol differs from that of KMS.
std::string_view sts_code(const KmsRefusal& refusal) {
    switch (refusal.code) {
        case io::KmsErrorCode::access_denied:
            return "AccessDenied";
        case io::KmsErrorCode::invalid_client_token:
            return "InvalidClientTokenId";
        case io::KmsErrorCode::invalid_signature:
            return "SignatureDoesNotMatch";
        case io::KmsErrorCode::missing_authentication_token:
            return "MissingAuthenticationToken";
        case io::KmsErrorCode::incomplete_signature:
            return "IncompleteSignature";
        case io::KmsErrorCode::expired_token:
            return "ExpiredToken";
        case io::KmsErrorCode::validation:
            return "ValidationError";
        default:
            return refusal.wire_code;
    }
}

int sts_status(const KmsRefusal& refusal) {
    const bool is_input =
        refusal.code == io::KmsErrorCode::validation || refusal.code == io::KmsErrorCode::other;
    return is_input ? refusal.http_status : kForbidden;
}

KmsRefusal invalid(std::string text) {
    return {io::KmsErrorCode::validation, std::move(text)};
}

KmsRefusal malformed_policy(std::string text) {
    return {io::KmsErrorCode::other, "MalformedPolicyDocument", std::move(text)};
}

/// The parts of "arn:aws:iam::111122223333:role/path/deployer". All are empty if the text is not
/// the ARN of a role.
struct RoleArn {
    std::string_view partition;
    std::string_view account;
    std::string_view name;
};

RoleArn role_arn_in(std::string_view arn) {
    constexpr std::string_view kRole = "role/";
    std::array<std::string_view, 5> parts;
    for (std::string_view& part : parts) {
        const std::size_t colon = arn.find(':');
        if (colon == std::string_view::npos) {
            return {};
        }
        part = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    const bool is_role = parts[0] == "arn" && parts[1].starts_with("aws") && parts[2] == "iam" &&
                         parts[3].empty() && arn.starts_with(kRole);
    return is_role ? RoleArn{parts[1], parts[4], arn.substr(kRole.size())} : RoleArn{};
}

constexpr std::int32_t kDurationDefault = 3600;
/// A session can assume a further role ("role chaining") for at most an hour.
constexpr std::int32_t kChainedDurationMax = 3600;

/// The DurationSeconds parameter of AssumeRole; nullopt if it is not a number.
std::optional<std::int32_t> duration_in(std::string_view text) {
    std::int32_t seconds = kDurationDefault;
    const char* const end = text.data() + text.size();
    if (!text.empty()) {
        const auto [rest, error] = std::from_chars(text.data(), end, seconds);
        if (error != std::errc{} || rest != end) {
            return std::nullopt;
        }
    }
    return seconds;
}

bool is_session_name(std::string_view name) {
    return std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("_+=,.@-").find(c) != std::string_view::npos;
    });
}

/// Checks the parameters of AssumeRole against the STS service model.
std::optional<KmsRefusal> check_parameters(
    const std::map<std::string, std::string, std::less<>>& parameters) {
    constexpr std::size_t kArnMin = 20;
    constexpr std::size_t kArnMax = 2048;
    constexpr std::size_t kSessionMin = 2;
    constexpr std::size_t kSessionMax = 64;
    constexpr std::int32_t kDurationMin = 900;
    constexpr std::int32_t kDurationMax = 43'200;
    ValidationFindings findings;
    const auto check_length =
        [&](std::string_view name, std::string_view shown_as, std::size_t min, std::size_t max) {
            const auto known = parameters.find(name);
            if (known == parameters.end()) {
                findings.add_missing(shown_as);
            } else {
                findings.add_length(known->second, shown_as, min, max);
            }
        };
    check_length("RoleArn", "roleArn", kArnMin, kArnMax);
    check_length("RoleSessionName", "roleSessionName", kSessionMin, kSessionMax);
    const std::string session = parameter(parameters, "RoleSessionName");
    if (!is_session_name(session)) {
        findings.add(session,
                     "roleSessionName",
                     "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
    }
    const std::string duration = parameter(parameters, "DurationSeconds");
    const auto seconds = duration_in(duration);
    if (!seconds) {
        findings.add(duration, "durationSeconds", "Member must be an integer");  // not recorded
    }
    findings.add_range(seconds, "durationSeconds", kDurationMin, kDurationMax);
    return findings.refusal();
}

}  // namespace

HandlerResponse StsHandler::success(std::string_view operation,
                                    std::string_view result,
                                    LedgerEntry entry) {
    HandlerResponse response;
    response.http_status = kHttpOk;
    response.content_type = "text/xml";
    entry.http_status = kHttpOk;
    response.request_id = kms_.record_other(std::move(entry));
    response.body = fmt::format(
        "<{0}Response xmlns=\"{1}\"><{0}Result>{2}</{0}Result><ResponseMetadata><RequestId>{3}"
        "</RequestId></ResponseMetadata></{0}Response>",
        operation,
        kNamespace,
        result,
        response.request_id);
    return response;
}

HandlerResponse StsHandler::failure(const KmsRefusal& refusal, LedgerEntry entry) {
    HandlerResponse response;
    response.http_status = sts_status(refusal);
    response.content_type = "text/xml";
    entry.http_status = response.http_status;
    entry.code = sts_code(refusal);
    response.request_id = kms_.record_other(std::move(entry));
    response.body = fmt::format(
        "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{}</Code><Message>{}</Message>"
        "</Error><RequestId>{}</RequestId></ErrorResponse>",
        kNamespace,
        sts_code(refusal),
        xml_text(refusal.message),
        response.request_id);
    return response;
}

HandlerResponse StsHandler::identity_of(const Callers::Caller& caller, LedgerEntry entry) {
    const std::string arn = caller.identity->arn(caller.place.region.partition().name);
    return success("GetCallerIdentity",
                   fmt::format("<Arn>{}</Arn><UserId>{}</UserId><Account>{}</Account>",
                               xml_text(arn),
                               xml_text(caller.identity->access_key_id),
                               caller.identity->account.digits()),
                   std::move(entry));
}

const SimulatorIdentity* StsHandler::make_temporary(const SimulatorRole& role,
                                                    NewSession session,
                                                    io::WallTime now) {
    constexpr int kIdLetters = 16;
    constexpr int kSecretWords = 5;
    constexpr unsigned kLetterBits = 31;
    std::string id = "ASIA";
    for (int i = 0; i < kIdLetters; ++i) {
        id.push_back(kBase32[random_.next() & kLetterBits]);
    }
    std::string secret;
    std::string token;
    for (int i = 0; i < kSecretWords; ++i) {
        fmt::format_to(std::back_inserter(secret), "{:08x}", random_.next() & 0xffffffffU);
        fmt::format_to(std::back_inserter(token), "{:016x}", random_.next());
    }
    const auto identity_with = [&] {
        SimulatorIdentity identity(id, io::Secret(secret), role.account);
        identity.session_token = io::Secret("simulated//" + token);
        identity.name = fmt::format("assumed-role/{}/{}", role.name, session.name);
        identity.policies = role.policies;
        identity.session_policies = session.policies;
        identity.session_policy_sources = session.policy_sources;
        identity.context = role.context;
        identity.expires_at = now + session.duration;
        return identity;
    };
    if (!callers_.add_temporary(identity_with(), now)) {
        return nullptr;
    }
    temporary_.emplace(identity_with());
    return &*temporary_;
}

std::optional<KmsRefusal> StsHandler::read_session_policies(const Parameters& parameters,
                                                            NewSession& session) const {
    constexpr std::size_t kPolicyMax = 2048;
    constexpr std::size_t kPolicyArnsMax = 10;
    SessionPolicySources& sources = session.policy_sources;
    sources.policy = parameter(parameters, "Policy");
    if (sources.policy.size() > kPolicyMax) {
        return invalid(
            fmt::format("1 validation error detected: Value at 'policy' failed to "
                        "satisfy constraint: Member must have length less than or equal "
                        "to {}",
                        kPolicyMax));
    }
    for (std::size_t i = 1;; ++i) {
        std::string arn = parameter(parameters, fmt::format("PolicyArns.member.{}.arn", i));
        if (arn.empty()) {
            break;
        }
        if (i > kPolicyArnsMax) {
            return invalid(
                fmt::format("1 validation error detected: Value at 'policyArns' failed "
                            "to satisfy constraint: Member must have length less than "
                            "or equal to {}",
                            kPolicyArnsMax));
        }
        sources.arns.push_back(std::move(arn));
    }
    auto parsed = callers_.session_policies(sources);
    if (auto* problem = std::get_if<SessionPolicyProblem>(&parsed)) {
        // STS's response to a managed policy that does not exist is unknown; the message is IAM's.
        return problem->is_malformed ? malformed_policy(std::move(problem->text))
                                     : invalid(std::move(problem->text));
    }
    session.policies = std::get<0>(std::move(parsed));
    return std::nullopt;
}

HandlerResponse StsHandler::assume(const SimulatorRole& role,
                                   const Parameters& parameters,
                                   std::string_view operation,
                                   LedgerEntry entry,
                                   const SimulatedTime& time) {
    const std::string session = parameter(parameters, "RoleSessionName");
    const std::string role_arn = parameter(parameters, "RoleArn");
    const std::string_view partition = role_arn_in(role_arn).partition;
    NewSession fresh{session};
    if (const auto refusal = read_session_policies(parameters, fresh)) {
        return failure(*refusal, std::move(entry));
    }
    fresh.duration = std::chrono::seconds(
        duration_in(parameter(parameters, "DurationSeconds")).value_or(kDurationDefault));
    const SimulatorIdentity* made = make_temporary(role, std::move(fresh), time.wall);
    if (made == nullptr) {
        return failure(KmsRefusal(io::KmsErrorCode::other, "Throttling", "Rate exceeded"),
                       std::move(entry));
    }
    const SimulatorIdentity& credentials = *made;
    const auto expires_s = std::chrono::floor<std::chrono::seconds>(credentials.expires_at.value());
    const std::string result = fmt::format(
        "<Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>"
        "<SessionToken>{}</SessionToken><Expiration>{:%Y-%m-%dT%H:%M:%S}Z</Expiration></"
        "Credentials>"
        "<AssumedRoleUser><AssumedRoleId>AROASIMULATED:{}</AssumedRoleId><Arn>{}</Arn>"
        "</AssumedRoleUser>",
        credentials.access_key_id,
        credentials.secret_access_key.reveal(),
        credentials.session_token.reveal(),
        fmt::gmtime(std::chrono::system_clock::to_time_t(expires_s)),
        xml_text(session),
        xml_text(credentials.arn(partition)));
    return success(operation, result, std::move(entry));
}

HandlerResponse StsHandler::assume_with_token(const Parameters& parameters,
                                              LedgerEntry entry,
                                              const SimulatedTime& time) {
    if (auto refusal = check_parameters(parameters)) {
        return failure(*refusal, std::move(entry));
    }
    const std::string role_arn = parameter(parameters, "RoleArn");
    const RoleArn named = role_arn_in(role_arn);
    if (named.name.empty()) {
        return failure(invalid("Request ARN is invalid"), std::move(entry));
    }
    const SimulatorRole* role = callers_.role(named.account, named.name);
    const std::string token = parameter(parameters, "WebIdentityToken");
    if (role == nullptr || role->web_token.empty() || role->web_token != token) {
        return failure(KmsRefusal(io::KmsErrorCode::other,
                                  "InvalidIdentityToken",
                                  "No OpenIDConnect provider found in your account for this token"),
                       std::move(entry));
    }
    if (auto refusal = check_token_expiry(token, time.wall)) {
        return failure(*refusal, std::move(entry));
    }
    return assume(*role, parameters, "AssumeRoleWithWebIdentity", std::move(entry), time);
}

HandlerResponse StsHandler::respond(const io::SignableRequest& request, const SimulatedTime& time) {
    constexpr std::size_t kLedgerOperationMax = 64;
    const Parameters parameters = form_pairs(request.body);
    const std::string action = parameter(parameters, "Action");
    LedgerEntry entry;
    entry.time = time.now;
    entry.wall = time.wall;
    entry.operation = action.substr(0, kLedgerOperationMax);
    const std::string role_arn = parameter(parameters, "RoleArn");
    const RoleArn named = role_arn_in(role_arn);
    const SimulatorRole* role = callers_.role(named.account, named.name);
    if (action == "AssumeRoleWithWebIdentity") {  // this request is not signed
        return assume_with_token(parameters, std::move(entry), time);
    }
    const auto authenticated = callers_.authenticate(request, "sts", time);
    if (const auto* refusal = std::get_if<KmsRefusal>(&authenticated)) {
        return failure(*refusal, std::move(entry));
    }
    const auto& caller = std::get<Callers::Caller>(authenticated);
    entry.account = caller.place.account.digits();
    entry.region = caller.place.region.name();
    if (action == "GetCallerIdentity") {
        return identity_of(caller, std::move(entry));
    }
    if (action != "AssumeRole") {
        return failure(KmsRefusal(io::KmsErrorCode::other,
                                  "InvalidAction",
                                  "Could not find operation " + action + " for version 2011-06-15"),
                       std::move(entry));
    }
    if (auto refusal = check_parameters(parameters)) {
        return failure(*refusal, std::move(entry));
    }
    if (caller.identity->is_session() &&
        duration_in(parameter(parameters, "DurationSeconds")).value_or(0) > kChainedDurationMax) {
        return failure(invalid("The requested DurationSeconds exceeds the 1 hour session limit for "
                               "roles assumed by role chaining."),
                       std::move(entry));
    }
    PolicyCaller policy_caller = callers_.policy_caller(*caller.identity);
    PolicyRequest assume_role = policy_request(
        policy_caller, caller.place.region.partition().name, "sts:AssumeRole", role_arn);
    assume_role.context.add("aws:RequestedRegion", caller.place.region.name());
    const bool may = !check_identity_access(policy_caller, assume_role);
    // STS does not find roles of another partition (org-formation/org-formation-cli#616).
    const bool is_here = named.partition == caller.place.region.partition().name;
    if (!may || role == nullptr || !is_here ||
        role->external_id != parameter(parameters, "ExternalId")) {
        return failure(
            KmsRefusal(io::KmsErrorCode::access_denied,
                       fmt::format("User: {} is not authorized to perform: sts:AssumeRole on "
                                   "resource: {}",
                                   caller.identity->arn(caller.place.region.partition().name),
                                   role_arn)),
            std::move(entry));
    }
    return assume(*role, parameters, action, std::move(entry), time);
}

}  // namespace keyferry::simulator
