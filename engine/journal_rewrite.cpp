#include "engine/journal_rewrite.hpp"

#include "io/file/posix_append_file.hpp"
#include "io/file/replace_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <filesystem>
#include <memory>

namespace keyferry {
namespace {

constexpr std::size_t kWrittenAtOnceBytes = 1U << 20U;
/// Behind the name of a file that is being made.
constexpr const char* kUnfinished = ".unfinished";

void remove_quietly(const std::string& path) {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
}

/// Makes the file at `path` anew: one of that name is what a rewrite that was cut short has left.
std::optional<JournalProblem> fill_new_file(const std::string& path, const FillJournal& fill) {
    remove_quietly(path);
    std::unique_ptr<PosixAppendFile> file;
    if (const std::error_code error = PosixAppendFile::create(path, file)) {
        return journal_io_problem(path, "open", error);
    }
    std::optional<JournalProblem> problem = fill(*file);
    if (problem) {
        remove_quietly(path);
    }
    return problem;
}

}  // namespace

void JournalRewriter::copy(std::string_view text) {
    encoder_.begin_batch();
    if (!encoder_.append_copy(pending_, text) && !error_) {
        error_ = std::error_code(EMSGSIZE, std::system_category());
    }
    write_when_full();
}

void JournalRewriter::write_when_full() {
    if (pending_.size() >= kWrittenAtOnceBytes) {
        write();
    }
}

void JournalRewriter::write() {
    if (!error_) {
        error_ = file_.append(pending_);
    }
    bytes_ += pending_.size();
    pending_.clear();
}

std::error_code JournalRewriter::finish() {
    write();
    if (!error_) {
        error_ = file_.sync();
    }
    return error_;
}

std::string_view with_job(std::string_view text, JobIndex job, std::string& buffer) {
    constexpr std::string_view kName = ",\"job\":";
    // The first of this form: a quote inside a text is escaped.
    const std::size_t name = text.find(kName);
    assert(name != std::string_view::npos);
    const std::size_t begin = name + kName.size();
    const std::size_t end = text.find(',', begin);
    assert(end != std::string_view::npos);
    buffer.assign(text.substr(0, begin));
    buffer += fmt::format_int(job).c_str();
    buffer += text.substr(end);
    return buffer;
}

std::string_view with_digest(std::string_view text, std::string_view digest, std::string& buffer) {
    // Its place is before these; what stands behind cannot look like them, since a quote inside a
    // text is escaped.
    const std::size_t place = std::min(text.find(",\"off\":"), text.find(",\"how\":\""));
    assert(place != std::string_view::npos);
    buffer.assign(text.substr(0, place));
    buffer += ",\"digest\":\"";
    buffer += digest;
    buffer += '"';
    buffer += text.substr(place);
    return buffer;
}

JournalResult<std::string> replace_journal(const std::string& path, const FillJournal& fill) {
    const std::string replacement = path + kUnfinished;
    if (std::optional<JournalProblem> problem = fill_new_file(replacement, fill)) {
        return *std::move(problem);
    }
    copy_owner(path, replacement);
    std::string kept_as;
    if (const std::error_code error = replace_file(path, replacement, kept_as)) {
        remove_quietly(replacement);
        return journal_io_problem(path, "putting its new form in its place", error);
    }
    return kept_as;
}

std::optional<JournalProblem> make_journal(const std::string& path, const FillJournal& fill) {
    const auto taken = [&] {
        return JournalProblem(
            JournalProblem::Kind::io,
            fmt::format("{} exists, and nothing is written over it. Name another file.", path));
    };
    std::error_code ignored;
    if (std::filesystem::exists(std::filesystem::symlink_status(path, ignored))) {
        return taken();
    }
    const std::string unfinished = path + kUnfinished;
    if (std::optional<JournalProblem> problem = fill_new_file(unfinished, fill)) {
        return problem;
    }
    if (const std::error_code error = publish_file(unfinished, path)) {
        remove_quietly(unfinished);
        return error.value() == EEXIST ? taken() : journal_io_problem(path, "rename", error);
    }
    return std::nullopt;
}

}  // namespace keyferry
