-- Goes to /etc/rspamd/. Our own SPF result (RFC 7208 section 2.6) comes with each message as X-Vratny-SPF and becomes a symbol, so that it
-- stands in rspamd's log and can be used in composites. It has no weight: rspamd's own spf module gives the points.
local results = { 'pass', 'fail', 'softfail', 'neutral', 'none', 'temperror', 'permerror' }

local id = rspamd_config:register_symbol({
  name = 'VRATNY_SPF',
  type = 'callback',
  callback = function(task)
    local header = task:get_request_header('X-Vratny-SPF')
    if not header then return end
    local result = tostring(header):lower()
    for _, known in ipairs(results) do
      if result == known then task:insert_result('VRATNY_SPF_' .. known:upper(), 1.0) end
    end
  end,
})

for _, known in ipairs(results) do
  rspamd_config:register_symbol({ name = 'VRATNY_SPF_' .. known:upper(), type = 'virtual', parent = id, score = 0.0, group = 'vratny' })
end
