# Writes FILE.sha256 as sha256sum would: lockstep loads no FILE that is not, to the bit, the one that was linked.
file(SHA256 "${FILE}" sum)
get_filename_component(name "${FILE}" NAME)
file(WRITE "${FILE}.sha256" "${sum}  ${name}\n")
