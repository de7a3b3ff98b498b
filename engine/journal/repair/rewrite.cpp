// SPDX-License-Identifier: Apache-2.0
#include "engine/journal/repair/rewrite.hpp"

#include "io/file/new_file.hpp"
#include "io/file/output_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <memory>

namespace keyferry::engine {
namespace {

constexpr std::size_t kWriteBufferBytes = 1U << 20U;

JournalProblem unsynced_folder_problem(const std::string& done, std::error_code error) {
    return {JournalProblem::Kind::io,
            fmt::format("{}, but syncing its folder failed: {} (errno {}). The journal is usable, "
                        "but after a power loss, check that it still exists.",
                        done,
                        error.message(),
                        error.value())};
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
    if (pending_.size() >= kWriteBufferBytes) {
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

std::string_view with_job(std::string_view text, planner::JobIndex job, std::string& buffer) {
    constexpr std::string_view kName = ",\"job\":";
    // This always finds the member and never a part of a text, because quotes in texts are escaped.
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
    // The digest belongs before these members. Texts cannot be mistaken for members, because quotes
    // in texts are escaped.
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
    std::unique_ptr<io::NewFile> replacement;
    if (const std::error_code error = io::NewFile::create(path, replacement)) {
        return journal_io_problem(path, "creating a temporary file beside it", error);
    }
    if (std::optional<JournalProblem> problem = fill(replacement->file())) {
        return *std::move(problem);
    }
    if (const std::error_code error = replacement->file().copy_owner(path)) {
        return journal_io_problem(path, "keeping its mode and owner", error);
    }
    std::string kept_as;
    bool is_replaced = false;
    if (const std::error_code error = replacement->replace(kept_as, is_replaced)) {
        return is_replaced
                   ? unsynced_folder_problem(
                         fmt::format("journal {} was replaced; the previous journal is kept as {}",
                                     path,
                                     kept_as),
                         error)
                   : journal_io_problem(path, "replacing it", error);
    }
    return kept_as;
}

std::optional<JournalProblem> make_journal(const std::string& path, const FillJournal& fill) {
    const auto taken = [&] {
        return JournalProblem(
            JournalProblem::Kind::io,
            fmt::format("{} already exists and will not be overwritten. Specify another file.",
                        path));
    };
    const io::OutputResult<io::OutputTarget> target = io::inspect_output(path, false);
    if (!target) {
        return JournalProblem(JournalProblem::Kind::io, target.error().text);
    }
    if (target->kind != io::OutputTarget::Kind::absent) {
        return taken();
    }
    std::unique_ptr<io::NewFile> file;
    if (const std::error_code error = io::NewFile::create(path, file)) {
        return journal_io_problem(path, "open", error);
    }
    if (std::optional<JournalProblem> problem = fill(file->file())) {
        return problem;
    }
    bool is_published = false;
    const std::error_code error = file->publish(is_published);
    if (error && is_published) {
        return unsynced_folder_problem(fmt::format("journal {} was created", path), error);
    }
    if (error) {
        return error.value() == EEXIST ? taken() : journal_io_problem(path, "rename", error);
    }
    return std::nullopt;
}

}  // namespace keyferry::engine
