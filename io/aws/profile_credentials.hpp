#pragma once

#include "io/aws/credentials.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace keyferry {

/// Which profile of which files. An empty path stands for a file whose place is not known (no
/// HOME).
struct ProfilePlace {
    ProfilePlace() = default;
    std::string profile;
    std::string credentials_path;
    std::string config_path;
};

/// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, else ~/.aws/credentials and ~/.aws/config; the
/// profile of find_credentials() (io/aws/credentials.hpp).
ProfilePlace profile_place(const std::optional<std::string>& profile,
                           const Environment& environment);

/// What a profile had to offer: credentials, or in words what was looked at in vain.
struct ProfileSearch {
    ProfileSearch() = default;
    std::optional<Credentials> found;
    std::string looked_at;
};

/// Keys of one profile: those of the credentials file, else those of the configuration file, never
/// a mixture. A problem is something that ends the search: a file that is there but cannot be read
/// or parsed, half a key pair, or a kind of profile that cannot be followed yet.
Parsed<ProfileSearch> search_profile(const ProfilePlace& from);

}  // namespace keyferry
