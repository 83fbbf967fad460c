package dev.nfkit.coroutines

import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf

/** Stands in until the real code of this module arrives; delegates to core. */
public fun placeholderNames(): Flow<String> = flowOf("dev.nfkit", "dev.nfkit.coroutines")
