package dev.nfkit.coroutines

import dev.nfkit.Placeholder
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.flowOf

/** Stands in until the real code of this module arrives; delegates to [Placeholder]. */
public fun placeholderNames(): Flow<String> = flowOf(Placeholder.name(), "dev.nfkit.coroutines")
