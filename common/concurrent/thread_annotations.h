// clang's thread-safety annotations (preset `analyze` proves them); nothing for g++.
#pragma once

#if defined(__clang__)
#define TUSK_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define TUSK_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) TUSK_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY TUSK_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) TUSK_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) TUSK_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) TUSK_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define REQUIRES_SHARED(...) TUSK_THREAD_ANNOTATION(requires_shared_capability(__VA_ARGS__))
#define ACQUIRE(...) TUSK_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define ACQUIRE_SHARED(...) TUSK_THREAD_ANNOTATION(acquire_shared_capability(__VA_ARGS__))
#define RELEASE(...) TUSK_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define RELEASE_SHARED(...) TUSK_THREAD_ANNOTATION(release_shared_capability(__VA_ARGS__))
#define RELEASE_GENERIC(...) TUSK_THREAD_ANNOTATION(release_generic_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) TUSK_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define EXCLUDES(...) TUSK_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define ASSERT_CAPABILITY(x) TUSK_THREAD_ANNOTATION(assert_capability(x))
#define RETURN_CAPABILITY(x) TUSK_THREAD_ANNOTATION(lock_returned(x))
#define NO_THREAD_SAFETY_ANALYSIS TUSK_THREAD_ANNOTATION(no_thread_safety_analysis)
