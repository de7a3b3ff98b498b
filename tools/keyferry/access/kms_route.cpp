#include "tools/keyferry/access/kms_route.hpp"

#include "io/aws/profile_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <pwd.h>
#include <set>
#include <string>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>

namespace keyferry {

namespace {

/// The home folder where HOME is not set, as for a system service: the AWS CLI looks it up too, and
/// without it somebody else's credentials would be found than it finds.
const char* home_folder() {
    static const std::string home = [] {
        constexpr std::size_t kBytes = 16'384;
        std::vector<char> buffer(kBytes);
        passwd entry{};
        passwd* found = nullptr;
        const int error = ::getpwuid_r(::getuid(), &entry, buffer.data(), buffer.size(), &found);
        return error == 0 && found != nullptr ? std::string(entry.pw_dir) : std::string();
    }();
    return home.empty() ? nullptr : home.c_str();
}

const char* environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr && std::string_view(name) == "HOME" ? home_folder() : value;
}

/// The value of a variable that is written in small letters or in capitals; empty where it is not
/// set. Small letters count first, as for curl and the AWS CLI.
std::string_view either_case(const char* small, const char* capitals) {
    const auto value = variable(environment, small);
    return value ? *value : variable(environment, capitals).value_or("");
}

/// Whether the URL is AWS's own for that Region, or a VPC endpoint of it.
bool is_of_aws(const Endpoint& endpoint, const Region& region) {
    const Partition& partition = region.partition();
    return endpoint.host.ends_with(fmt::format(".{}", partition.dns_suffix)) ||
           endpoint.host.ends_with(fmt::format(".{}", partition.dual_stack_suffix));
}

}  // namespace

Environment process_environment() {
    return environment;
}

HttpSettings KmsRoute::http() const {
    HttpSettings settings;
    settings.ca_file = ca_file;
    settings.proxies = proxies;
    return settings;
}

bool KmsRoute::has_sts(const FleetScope& scope) const {
    return credentials.sts.custom ||
           std::all_of(scope.regions.begin(), scope.regions.end(), [&](const Region& region) {
               return is_of_aws(regional_endpoint(AwsService::kms, region, kms), region);
           });
}

std::string KmsRoute::text(const FleetScope& scope) const {
    std::set<std::string> urls;
    const ProxyServer* proxy = nullptr;
    for (const Region& region : scope.regions) {
        const Endpoint endpoint = regional_endpoint(AwsService::kms, region, kms);
        urls.insert(endpoint.url());
        const HttpOrigin origin(endpoint.https, endpoint.host, endpoint.port);
        proxy = proxy == nullptr ? proxies.for_origin(origin) : proxy;
    }
    const std::string via = proxy == nullptr ? "" : " through the proxy " + proxy->text();
    return urls.size() == 1 ? *urls.begin() + via
                            : fmt::format("{} and {} more{}", *urls.begin(), urls.size() - 1, via);
}

Region account_region() {
    return Region::parse("us-east-1").value();
}

Parsed<KmsRoute> find_route(const KmsOptions& options) {
    const Parsed<ProfileSettings> profile = ProfileSettings::read(options.profile, environment);
    if (!profile) {
        return profile.error();
    }
    Parsed<EndpointSettings> kms =
        find_endpoint_settings(AwsService::kms, options.endpoint_url, *profile, environment);
    Parsed<CredentialEndpoints> credentials = find_credential_endpoints(*profile, environment);
    const Parsed<EndpointSettings> account =
        find_endpoint_settings(AwsService::account, std::nullopt, *profile, environment);
    if (!kms || !credentials || !account) {
        return !kms ? kms.error() : !credentials ? credentials.error() : account.error();
    }
    Parsed<ProxySettings> proxies = ProxySettings::parse(either_case("https_proxy", "HTTPS_PROXY"),
                                                         either_case("http_proxy", "HTTP_PROXY"),
                                                         either_case("no_proxy", "NO_PROXY"));
    if (!proxies) {
        return proxies.error();
    }
    KmsRoute route;
    route.kms = *std::move(kms);
    route.credentials = *std::move(credentials);
    if (account->custom || !route.kms.custom) {
        route.account = regional_endpoint(AwsService::account, account_region(), *account);
    }
    route.proxies = *std::move(proxies);
    const auto bundle = setting(environment, "AWS_CA_BUNDLE", *profile, "ca_bundle");
    route.ca_file = options.ca_bundle ? *options.ca_bundle : bundle ? bundle->text : "";
    return route;
}

}  // namespace keyferry
